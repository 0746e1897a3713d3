//! Several handles to one store, as several processes have to one database.

use std::sync::{Arc, Mutex};

use quorate::approval::cap::{CapError, CapUse, Caps};
use quorate::approval::registry::{Claim, Entry, Owner, Registry, RegistryError, Space};

pub(crate) struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    pub(crate) fn new(store: T) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }
}

impl<R: Registry> Registry for Shared<R> {
    fn clock(&mut self, now: u64) -> Result<u64, RegistryError> {
        self.0.lock().unwrap().clock(now)
    }

    fn confirm_clock(&mut self, now: u64) -> Result<(), RegistryError> {
        self.0.lock().unwrap().confirm_clock(now)
    }

    fn reserve(&mut self, claim: &Claim, now: u64) -> Result<u8, RegistryError> {
        self.0.lock().unwrap().reserve(claim, now)
    }

    fn commit(&mut self, s: Space, id: &[u8; 32], o: &Owner, out: &[u8; 32]) -> Result<(), RegistryError> {
        self.0.lock().unwrap().commit(s, id, o, out)
    }

    fn release(&mut self, space: Space, id: &[u8; 32], owner: &Owner) -> Result<(), RegistryError> {
        self.0.lock().unwrap().release(space, id, owner)
    }

    fn consume(&mut self, claim: &Claim, outcome: &[u8; 32], now: u64) -> Result<(), RegistryError> {
        self.0.lock().unwrap().consume(claim, outcome, now)
    }

    fn entry(&mut self, space: Space, id: &[u8; 32]) -> Result<Option<Entry>, RegistryError> {
        self.0.lock().unwrap().entry(space, id)
    }

    fn first_seen(&mut self, s: Space, id: &[u8; 32], now: u64, end: u64) -> Result<u64, RegistryError> {
        self.0.lock().unwrap().first_seen(s, id, now, end)
    }

    fn fail(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        self.0.lock().unwrap().fail(space, id, now)
    }

    fn failures(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        self.0.lock().unwrap().failures(space, id, now)
    }

    fn purge(&mut self, now: u64) -> Result<usize, RegistryError> {
        self.0.lock().unwrap().purge(now)
    }
}

impl<C: Caps> Caps for Shared<C> {
    fn reserve(&mut self, rh: &[u8; 32], uses: &[CapUse], now: u64) -> Result<(), CapError> {
        self.0.lock().unwrap().reserve(rh, uses, now)
    }

    fn commit(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        self.0.lock().unwrap().commit(rh)
    }

    fn release(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        self.0.lock().unwrap().release(rh)
    }
}
