//! NATS with mutual TLS: an inbox for each node, and a tap for the curious.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Subscriber};
use futures_util::StreamExt;
use quorate::party::PartyId;

use crate::Result;

/// One connection, and what it listens to: one inbox, or all of them.
pub(crate) struct Bus {
    client: Client,
    pub(crate) inbox: Subscriber,
}

fn options() -> Result<(String, PathBuf, ConnectOptions)> {
    let (url, folder) = (env::var("NATS_URL")?, PathBuf::from(env::var("NATS_CERTS")?));
    let options = ConnectOptions::new().require_tls(true).add_root_certificates(folder.join("ca.pem"));
    Ok((url, folder, options.connection_timeout(Duration::from_secs(5))))
}

impl Bus {
    /// The inbox of a node, with that node's certificate; with node 4's, all of them.
    pub(crate) async fn connect(me: Option<PartyId>) -> Result<Self> {
        let (url, folder, options) = options()?;
        let number = me.map_or(4, PartyId::get);
        let [cert, key] = ["pem", "key"].map(|end| folder.join(format!("node-{number}.{end}")));
        let client = options.add_client_certificate(cert, key).connect(url).await?;
        let subject = me.map_or_else(|| "cluster.>".to_owned(), inbox);
        let inbox = client.subscribe(subject).await?;
        client.flush().await?;
        Ok(Self { client, inbox })
    }

    pub(crate) async fn send(&self, to: PartyId, bytes: Vec<u8>) -> Result<()> {
        Ok(self.client.publish(inbox(to), bytes.into()).await?)
    }

    /// What has been on the bus: handshake messages, records, and their bytes.
    pub(crate) async fn seen(&mut self) -> Result<Seen> {
        let mut seen = Seen::default();
        while let Ok(Some(message)) =
            tokio::time::timeout(Duration::from_millis(300), self.inbox.next()).await
        {
            match message.payload.get(..2) {
                Some([1, step @ 0..=3]) => seen.handshakes[usize::from(*step)] += 1,
                Some([1, 0x10]) => seen.records += 1,
                _ => return Err("something else than channels is on the bus".into()),
            }
            seen.bytes += message.payload.len();
        }
        Ok(seen)
    }
}

#[derive(Default)]
pub(crate) struct Seen {
    /// Pokes, and the three messages of handshakes.
    pub(crate) handshakes: [usize; 4],
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

fn inbox(of: PartyId) -> String {
    format!("cluster.{}.inbox", of.get())
}

/// What the server says to a client without a certificate.
pub(crate) async fn without_certificate() -> Result<String> {
    let (url, _, options) = options()?;
    match options.connect(url).await {
        Err(error) => Ok(error.to_string()),
        Ok(_) => Err("the server lets in whoever comes".into()),
    }
}
