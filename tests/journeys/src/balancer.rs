//! What stands before the instances: one address that passes connections on to one of them.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A balancer over TCP. Connections wait while it is closed.
pub struct Balancer {
    /// `http://127.0.0.1:port`.
    pub url: String,
    target: watch::Sender<Option<SocketAddr>>,
}

impl Balancer {
    /// A closed one.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (target, seen) = watch::channel(None);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, seen.clone()));
            }
        });
        Self { url, target }
    }

    /// Cuts every connection and makes new ones wait.
    pub fn close(&self) {
        self.target.send_replace(None);
    }

    /// New connections go to the instance at `url`; those that are there stay where they are.
    ///
    /// # Panics
    /// When `url` is no address.
    pub fn open(&self, url: &str) {
        let address = url.strip_prefix("http://").expect("an http address");
        self.target
            .send_replace(Some(address.parse().expect("a socket address")));
    }
}

async fn pass_on(mut client: TcpStream, mut target: watch::Receiver<Option<SocketAddr>>) {
    let Ok(address) = target.wait_for(Option::is_some).await.map(|address| *address) else {
        return;
    };
    let Some(address) = address else { return };
    let Ok(mut server) = TcpStream::connect(address).await else {
        return;
    };
    tokio::select! {
        // Either side may go at any moment, as on any network.
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = target.wait_for(Option::is_none) => {}
    }
}
