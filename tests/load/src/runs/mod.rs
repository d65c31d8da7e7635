//! What is measured, one part after the other. Each part has a process of its own for what it measures.

mod bridge;
mod capacity;
mod live;
mod reads;
mod realtime;
mod relay;
mod signins;
mod talk;
mod webhook;

use std::fs;

use anyhow::{Context as _, Result};

use crate::chat::Chat;
use crate::engine::Engine;
use crate::options::{Run, What};
use crate::process::{Program, pin_thread};
use crate::product::{Company, Models, Product, loopback, simulator};
use crate::report::Report;

/// What every part is given.
pub(crate) struct Bench<'a> {
    pub(crate) options: &'a Run,
    pub(crate) report: Report,
    /// None for the plain programs alone.
    pub(crate) world: Option<World>,
}

/// What the product needs around it.
pub(crate) struct World {
    pub(crate) models: Models,
    pub(crate) company: Company,
    /// The language model of relay calls.
    pub(crate) chat: Chat,
    pub(crate) simulator: Program,
}

/// Runs what was asked for, and writes what came out.
pub(crate) fn all(options: &Run) -> Result<()> {
    let mut options = options.clone();
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make {}", options.out.display()))?;
    options.out = fs::canonicalize(&options.out)?;
    for program in [
        Some(&mut options.plain),
        options.phony.as_mut(),
        options.simulator.as_mut(),
    ] {
        let Some(program) = program else { continue };
        *program =
            fs::canonicalize(&*program).with_context(|| format!("there is no {}", program.display()))?;
    }
    // Threads made from here on are there too.
    options
        .other_core()
        .map(pin_thread)
        .transpose()
        .context("cannot choose a core")?;
    let mut bench = Bench {
        options: &options,
        report: Report::new(&options.commit),
        world: None,
    };
    bench.report.note(format!(
        "{}: {}; what is measured has core {:?}, driver, stand-ins, PostgreSQL and Redis have the other",
        bench.report.date,
        bench.report.machine,
        options.measured_core()
    ));
    if !options.plain_only {
        let world = World::new(&options, &mut bench.report)?;
        bench.world = Some(world);
    }
    let result = bench.parts();
    // Also what came before a failure is worth keeping.
    bench.report.write(&options.out)?;
    if let Err(error) = &result {
        eprintln!("the bench broke off: {error:#}");
    }
    result
}

impl World {
    fn new(options: &Run, report: &mut Report) -> Result<Self> {
        let (simulator, carrier) = simulator(options)?;
        let chat = Chat::start(options.other_core())?;
        // The realtime model of each part has an address of its own.
        let models = Models {
            realtime: loopback(9),
            chat: chat.address,
            carrier,
        };
        let product = Product::start(options, models, "phony-setup", None)?;
        report.row(
            "server start to ready",
            format!("{} ms", product.started_in.as_millis()),
            "",
            "≤ 1 s",
            Some(product.started_in.as_millis() <= 1_000),
        );
        let company = product.company()?;
        Ok(Self {
            models,
            company,
            chat,
            simulator,
        })
    }
}

impl Bench<'_> {
    fn parts(&mut self) -> Result<()> {
        type Part = fn(&mut Bench<'_>) -> Result<()>;
        let parts: [(What, Part); 10] = [
            (What::Realtime, realtime::fixed),
            (What::Capacity, capacity::ramp),
            (What::Limit, capacity::limit),
            (What::Flat, realtime::flat),
            (What::Clear, realtime::clear),
            (What::Relay, relay::run),
            (What::Webhook, webhook::run),
            (What::Reads, reads::run),
            (What::Signins, signins::run),
            (What::Live, live::run),
        ];
        for (what, part) in parts {
            if !self.options.wants(what) {
                continue;
            }
            if let Err(error) = part(self) {
                self.report
                    .note(format!("{what:?} could not be measured: {error:#}"));
            }
            self.report.write(&self.options.out)?;
        }
        Ok(())
    }

    /// A driver of its own, with nothing left from before.
    pub(crate) fn engine(&self) -> Result<Engine> {
        Engine::start(self.options.other_core())
    }

    /// The world of the product, for parts that need it.
    pub(crate) fn world(&self) -> Result<&World> {
        self.world
            .as_ref()
            .context("only the plain programs are measured")
    }
}
