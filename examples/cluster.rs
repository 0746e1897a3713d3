//! A cluster of three nodes over a real message bus: keys, signatures, a node that dies, and the way back. Everything on the bus is channels; the
//! bus itself, NATS with mutual TLS, is trusted with nothing but delivery.
//!
//! `cargo run --release --example cluster`
//!
//! It starts `nats-server` itself, by `examples/cluster/nats.sh`, and needs it and `openssl` on the PATH. With NATS_URL and NATS_CERTS set it
//! takes the server there is.

#[path = "cluster/bus.rs"]
mod bus;
mod devices;
#[path = "cluster/node.rs"]
mod node;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bus::Bus;
use devices::life::Device;
use devices::session_id;
use k256::ecdsa::VerifyingKey;
use node::Node;
use quorate::cluster::Cluster;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{self, Ceremony, Dkg, Occasion};
use quorate::ecdsa::{Message, Sign, Signature, Task};
use quorate::frost::{Ed25519Signature, Sign as FrostSign, Task as FrostTask};
use quorate::identity::{IdentityKey, Pending, Roster};
use quorate::key::epoch::{Epochs, Waiting};
use quorate::key::{Certificate, KeyShare, Path as KeyPath, PublicKey, Seat};
use quorate::pairing::{Pair, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::Session;
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;
use rand_core::Rng;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Result<T> = std::result::Result<T, Failure>;

const MESSAGE: &[u8] = b"over a bus that nobody trusts";
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if std::env::var_os("NATS_URL").is_none() {
        return behind_a_server();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(live())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cluster: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs this program again, with a server beside it.
fn behind_a_server() -> ExitCode {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cluster/nats.sh");
    let status = std::env::current_exe()
        .and_then(|exe| Command::new("bash").arg(script).arg(exe).args(std::env::args().skip(1)).status());
    match status {
        Ok(status) => ExitCode::from(status.code().map_or(2, |code| code as u8)),
        Err(error) => {
            eprintln!("cluster: bash is missing: {error}");
            ExitCode::from(2)
        }
    }
}

/// What a node has on its disk: its records of the keys, and its pairings.
struct Disk {
    ecdsa: Device<EcdsaSecp256k1>,
    ed25519: Device<FrostEd25519>,
    pairings: Pairings,
}

impl Disk {
    fn empty() -> Self {
        Self { ecdsa: Device::new(), ed25519: Device::new(), pairings: Pairings::new() }
    }
}

/// A node with its disk. It works in a task of its own, and shares nothing with the others but the bus.
struct Machine {
    node: Node,
    disk: Disk,
}

/// Runs a job at each of these machines, each in its own task.
async fn each<T: Send + 'static, F>(machines: &mut Vec<Machine>, job: impl Fn(Machine) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<(Machine, T)>> + Send + 'static,
{
    let tasks: Vec<_> = machines.drain(..).map(|machine| tokio::spawn(job(machine))).collect();
    let mut outputs = Vec::new();
    for task in tasks {
        let (machine, output) = task.await??;
        machines.push(machine);
        outputs.push(output);
    }
    Ok(outputs)
}

fn ids(numbers: &[u16]) -> Result<Vec<PartyId>> {
    Ok(numbers.iter().map(|number| PartyId::new(*number)).collect::<std::result::Result<_, _>>()?)
}

fn step(title: &str) {
    println!("\n== {title}");
}

async fn live() -> Result<()> {
    let mut rng = devices::os_rng();
    let mut tap = Bus::connect(None).await?;
    println!("a client without a certificate is refused: {}", bus::without_certificate().await?);

    // The identity keys outlive the machines: in a KMS, or in a backup.
    let mut seeds = Vec::new();
    for _ in 0..3 {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        seeds.push(seed);
    }
    let key = |me: PartyId| IdentityKey::from_seed(Secret::new(seeds[usize::from(me.get()) - 1]));
    let all = ids(&[1, 2, 3])?;
    let roster = Roster::new(all.iter().map(|id| (*id, key(*id).public())))?;
    let cluster = Cluster::new([7; 32], 0, roster.clone())?;
    let mut machines = Vec::new();
    for me in &all {
        let node = Node::start(*me, key(*me), cluster.clone()).await?;
        machines.push(Machine { node, disk: Disk::empty() });
    }

    step("handshakes, every two");
    connect(&mut machines, &all).await?;

    step("two keys, 2-of-3: ECDSA on secp256k1, and Ed25519");
    let began = Instant::now();
    let threshold = Threshold::new(2, 3)?;
    let run = dkg::Run::<EcdsaSecp256k1>::new(threshold, roster.clone(), session_id(&mut rng))?;
    each(&mut machines, move |machine| generate(machine, run.clone(), |disk| &mut disk.ecdsa)).await?;
    let run = dkg::Run::<FrostEd25519>::new(threshold, roster.clone(), session_id(&mut rng))?;
    each(&mut machines, move |machine| generate(machine, run.clone(), |disk| &mut disk.ed25519)).await?;
    println!("made in {}", devices::ms(began.elapsed()));
    let keys = Keys::of(&machines)?;

    step("pairings, every two");
    for pair in [[1, 2], [1, 3], [2, 3]] {
        pairing(&mut machines, &ids(&pair)?, &mut rng).await?;
    }

    step("signatures");
    for signers in [[1, 2], [2, 3]] {
        keys.sign(&mut machines, &ids(&signers)?, &mut rng).await?;
    }

    step("node 3 is killed; 1 has begun to sign with it");
    let dead = machines.pop().ok_or("there are three")?;
    let task = tokio::spawn(async move {
        let mut dead = dead;
        dead.node.connect(&ids(&[1, 2])?).await?;
        std::future::pending::<Result<()>>().await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    task.abort();
    let _ = task.await;
    let with_the_dead = keys.task(&ids(&[1, 3])?, session_id(&mut rng))?;
    let mut alone = vec![machines.remove(0)];
    let waited = each(&mut alone, move |mut machine| {
        let task = with_the_dead.clone();
        async move {
            let share = current(&machine.disk.ecdsa)?;
            let session = Sign::start(share, task, &machine.disk.pairings, &mut machine.node.rng)?;
            let roster = machine.node.cluster().roster().clone();
            let patience = Duration::from_secs(1);
            let signed =
                machine.node.play(session, &ids(&[3])?, &roster, |never| match *never {}, patience).await;
            machine.node.forget(PartyId::new(3)?);
            Ok((machine, signed.err().map(|error| error.to_string())))
        }
    })
    .await?;
    println!(
        "1 {}, and gives up: nobody is to blame",
        waited[0].as_deref().ok_or("it signed with the dead")?
    );
    machines.insert(0, alone.remove(0));
    machines[1].node.forget(PartyId::new(3)?);
    keys.sign(&mut machines, &ids(&[1, 2])?, &mut rng).await?;

    step("node 3 is back: the same identity, an empty disk");
    let three = PartyId::new(3)?;
    let node = Node::start(three, key(three), cluster.clone()).await?;
    machines.push(Machine { node, disk: Disk::empty() });
    connect(&mut machines, &all).await?;

    step("reshare: 1 and 2 deal to 1, 2 and 3");
    reshare_keys(&mut machines, &keys, &roster, &mut rng).await?;
    let renewed = Keys::of(&machines)?;
    if renewed.public() != keys.public() {
        return Err("the public keys have changed".into());
    }
    println!("the same public keys, epoch {}", renewed.ecdsa.epoch());
    for pair in [[1, 3], [2, 3]] {
        pairing(&mut machines, &ids(&pair)?, &mut rng).await?;
    }
    for signers in [[1, 3], [2, 3], [1, 2]] {
        renewed.sign(&mut machines, &ids(&signers)?, &mut rng).await?;
    }

    step("what was on the bus");
    let seen = tap.seen().await?;
    let [pokes, first, second, third] = seen.handshakes;
    println!("{pokes} pokes, {first} + {second} + {third} messages of handshakes, {} records", seen.records);
    println!("{} bytes, and nothing else than channels", seen.bytes);
    Ok(())
}

async fn connect(machines: &mut Vec<Machine>, all: &[PartyId]) -> Result<()> {
    let began = Instant::now();
    let all = all.to_vec();
    each(machines, move |mut machine| {
        let all = all.clone();
        async move { machine.node.connect(&all).await.map(|()| (machine, ())) }
    })
    .await?;
    println!("{} nodes are connected, {}", machines.len(), devices::ms(began.elapsed()));
    Ok(())
}

fn current<S: Scheme>(device: &Device<S>) -> Result<&KeyShare<S>> {
    device.epochs.as_ref().and_then(Epochs::current).ok_or_else(|| "no share".into())
}

/// Plays a dealing to its end; the share is on the disk before anything is signed for it.
async fn deal<O>(
    machine: &mut Machine,
    session: Session<Ceremony<O>>,
    roster: &Roster,
    device: fn(&mut Disk) -> &mut Device<O::Scheme>,
    certificate: fn(&O::Output) -> &Certificate,
) -> Result<()>
where
    O: Occasion,
    O::Pending: Pending,
    for<'a> &'a O::Pending: Into<Waiting<'a, O::Scheme>>,
{
    let Machine { node, disk } = machine;
    let device = device(disk);
    let with: Vec<_> = roster.parties().iter().collect();
    let keep = |pending: &O::Pending| device.keep(pending).map_err(|error| error.to_string().into());
    let output = node.play(session, &with, roster, keep, PATIENCE).await?;
    device.enter(certificate(&output)).map_err(|error| error.to_string().into())
}

async fn generate<S: Scheme>(
    mut machine: Machine,
    run: dkg::Run<S>,
    device: fn(&mut Disk) -> &mut Device<S>,
) -> Result<(Machine, ())> {
    let roster = machine.node.cluster().roster().clone();
    // A node has one ledger for good, and it is durable.
    let mut ledger = MemoryLedger::default();
    let session = Dkg::start(&run, machine.node.me, &mut ledger, &mut machine.node.rng)?;
    deal(&mut machine, session, &roster, device, |share: &KeyShare<S>| share.public().certificate()).await?;
    Ok((machine, ()))
}

/// Picks some of the machines, and puts them back in order.
async fn some<T: Send + 'static, F>(
    machines: &mut Vec<Machine>,
    who: &[PartyId],
    job: impl Fn(Machine) -> F,
) -> Result<Vec<T>>
where
    F: Future<Output = Result<(Machine, T)>> + Send + 'static,
{
    let mut chosen = machines.extract_if(.., |machine| who.contains(&machine.node.me)).collect();
    let outputs = each(&mut chosen, job).await?;
    machines.append(&mut chosen);
    machines.sort_by_key(|machine| machine.node.me);
    Ok(outputs)
}

async fn pairing(machines: &mut Vec<Machine>, pair: &[PartyId], rng: &mut devices::OsRng) -> Result<()> {
    let (began, session, both) = (Instant::now(), session_id(rng), pair.to_vec());
    some(machines, pair, move |mut machine| {
        let both = both.clone();
        async move {
            let roster = machine.node.cluster().roster().clone();
            let me = machine.node.me;
            let peer = both.iter().copied().find(|id| *id != me).ok_or("two pair")?;
            let [own, other] = [me, peer].map(|id| roster.identity(id).ok_or("a member"));
            let mut ledger = MemoryLedger::default();
            let session = Pair::start(own?, other?, session, &mut ledger, &mut machine.node.rng)?;
            let pairing =
                machine.node.play(session, &both, &roster, |never| match *never {}, PATIENCE).await?;
            drop(machine.disk.pairings.insert(pairing));
            Ok((machine, ()))
        }
    })
    .await?;
    println!("{} and {} have paired, {}", pair[0], pair[1], devices::ms(began.elapsed()));
    Ok(())
}

async fn reshare_keys(
    machines: &mut Vec<Machine>,
    keys: &Keys,
    roster: &Roster,
    rng: &mut devices::OsRng,
) -> Result<()> {
    async fn one<S: Scheme>(
        mut machine: Machine,
        run: reshare::Run<S>,
        old: PublicKey<S>,
        device: fn(&mut Disk) -> &mut Device<S>,
    ) -> Result<(Machine, ())> {
        let (me, mut ledger) = (machine.node.me, MemoryLedger::default());
        let roster = machine.node.cluster().roster().clone();
        let place = device(&mut machine.disk);
        let session = if run.dealers().contains(me) {
            Reshare::deal(&run, current(place)?, &mut ledger, &mut machine.node.rng)?
        } else {
            place.epochs = Some(Epochs::joining(&old, me));
            Reshare::receive(&run, me, &mut ledger, &mut machine.node.rng)?
        };
        deal(&mut machine, session, &roster, device, |seat: &Seat<S>| seat.public().certificate()).await?;
        Ok((machine, ()))
    }
    let dealers = Parties::from_numbers([1, 2])?;
    let old = keys.ecdsa.clone();
    let run = reshare::Run::new(&old, dealers.clone(), roster.clone(), 1, session_id(rng))?;
    each(machines, move |machine| one(machine, run.clone(), old.clone(), |disk| &mut disk.ecdsa)).await?;
    let old = keys.ed25519.clone();
    let run = reshare::Run::new(&old, dealers, roster.clone(), 1, session_id(rng))?;
    each(machines, move |machine| one(machine, run.clone(), old.clone(), |disk| &mut disk.ed25519)).await?;
    Ok(())
}

/// What everybody knows of the two keys.
struct Keys {
    ecdsa: PublicKey<EcdsaSecp256k1>,
    ed25519: PublicKey<FrostEd25519>,
}

impl Keys {
    /// As the machines have them, if they agree.
    fn of(machines: &[Machine]) -> Result<Self> {
        let mut all = machines.iter().map(|machine| {
            let (ecdsa, ed25519) = (current(&machine.disk.ecdsa)?, current(&machine.disk.ed25519)?);
            Result::Ok(Self { ecdsa: ecdsa.public().clone(), ed25519: ed25519.public().clone() })
        });
        let first = all.next().ok_or("there is one")??;
        for other in all {
            let other = other?;
            if (other.ecdsa.epoch_id(), other.ed25519.epoch_id())
                != (first.ecdsa.epoch_id(), first.ed25519.epoch_id())
            {
                return Err("the nodes have different keys".into());
            }
        }
        Ok(first)
    }

    fn public(&self) -> [Vec<u8>; 2] {
        [self.ecdsa.public_key(), self.ed25519.public_key()]
    }

    fn task(&self, signers: &[PartyId], session: SessionId) -> Result<Task<EcdsaSecp256k1>> {
        let parties = Parties::new(signers.iter().copied())?;
        Ok(Task::new(&self.ecdsa, parties, KeyPath::default(), Message::sha256(MESSAGE), session)?)
    }

    /// Signs with both keys, and has each signature verified by a library that knows of no threshold.
    async fn sign(
        &self,
        machines: &mut Vec<Machine>,
        signers: &[PartyId],
        rng: &mut devices::OsRng,
    ) -> Result<()> {
        let began = Instant::now();
        let (task, who) = (self.task(signers, session_id(rng))?, signers.to_vec());
        let ecdsa: Vec<Signature<EcdsaSecp256k1>> = some(machines, signers, move |mut machine| {
            let (task, who) = (task.clone(), who.clone());
            async move {
                let share = current(&machine.disk.ecdsa)?;
                let session = Sign::start(share, task, &machine.disk.pairings, &mut machine.node.rng)?;
                let roster = machine.node.cluster().roster().clone();
                let signature =
                    machine.node.play(session, &who, &roster, |never| match *never {}, PATIENCE).await?;
                Ok((machine, signature))
            }
        })
        .await?;
        let took = began.elapsed();
        let key = VerifyingKey::from_sec1_bytes(&self.ecdsa.public_key())?;
        let digest: [u8; 32] =
            sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), MESSAGE)).into();
        for signature in ecdsa {
            devices::verify(&key, &digest, signature).map_err(|error| error.to_string())?;
        }

        let parties = Parties::new(signers.iter().copied())?;
        let task = FrostTask::new(&self.ed25519, parties, MESSAGE, session_id(rng))?;
        let (who, began) = (signers.to_vec(), Instant::now());
        let ed25519: Vec<Ed25519Signature> = some(machines, signers, move |mut machine| {
            let (task, who) = (task.clone(), who.clone());
            async move {
                let session = FrostSign::start(current(&machine.disk.ed25519)?, task, &mut machine.node.rng)?;
                let roster = machine.node.cluster().roster().clone();
                let signature =
                    machine.node.play(session, &who, &roster, |never| match *never {}, PATIENCE).await?;
                Ok((machine, signature))
            }
        })
        .await?;
        let key: [u8; 32] = self.ed25519.public_key().try_into().map_err(|_| "32 bytes")?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key)?;
        for signature in ed25519 {
            key.verify_strict(MESSAGE, &ed25519_dalek::Signature::from_bytes(&signature.to_bytes()))?;
        }
        let names: Vec<_> = signers.iter().map(|id| id.get().to_string()).collect();
        let (ecdsa, ed25519) = (devices::ms(took), devices::ms(began.elapsed()));
        println!(
            "{} signed: ECDSA in {ecdsa}, Ed25519 in {ed25519}; verified by k256 and ed25519-dalek",
            names.join(" and ")
        );
        Ok(())
    }
}
