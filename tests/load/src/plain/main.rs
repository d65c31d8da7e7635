//! What the product is held against: a bridge that does nothing but bridge, and a read that does nothing but read.
//!
//! Written as a good engineer would write it in an afternoon: actix-ws, tokio-tungstenite, serde_json. No sign-in, no
//! state, no play-out clock, no interruption, no record.

mod bridge;
mod reads;

use std::net::TcpListener;

use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The plain bridge and the plain keyed read.
#[derive(Debug, Parser)]
struct Options {
    /// Port of loopback.
    #[arg(long)]
    port: u16,
    /// The realtime model.
    #[arg(long)]
    model_url: Option<String>,
    /// Serve keyed reads of this table by `id`; DATABASE_URL says where.
    #[arg(long)]
    read_table: Option<String>,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let listener = TcpListener::bind(("127.0.0.1", options.port)).context("the port is taken")?;
    let model = web::Data::new(bridge::Bridge {
        port: options.port,
        model_url: options.model_url.unwrap_or_default(),
    });
    let reads = match options.read_table {
        Some(table) => {
            let url = std::env::var("DATABASE_URL").context("DATABASE_URL is missing")?;
            Some(web::Data::new(reads::Reads::connect(&url, &table).await?))
        }
        None => None,
    };
    HttpServer::new(move || {
        let app = App::new()
            .app_data(model.clone())
            .service(bridge::voice)
            .service(bridge::stream);
        match &reads {
            Some(reads) => app.app_data(reads.clone()).service(reads::read),
            None => app,
        }
    })
    .tcp_nodelay(true)
    .workers(1)
    .listen(listener)?
    .run()
    .await?;
    Ok(())
}
