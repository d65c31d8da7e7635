//! `<Stream>`: the session in which we hear and speak ourselves, and the carrier only carries sound.

use super::{BadTwiml, Out, check_socket_url};

/// A name and value that come back in the first message of a socket. Not a secret to the carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A stream in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Stream {
    /// Where our socket is: `wss://…`, or `ws://…` on loopback.
    pub url: String,
    /// Where news of the stream go; the only place that tells why a socket could not be opened.
    pub status_callback: Option<String>,
    /// Given back in `start`.
    pub parameters: Vec<Parameter>,
}

impl Stream {
    /// A stream to the socket at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            status_callback: None,
            parameters: Vec::new(),
        }
    }

    /// The same with one more parameter.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(Parameter {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// The same with news of it sent to `url`, which must be absolute.
    pub fn status_callback(mut self, url: impl Into<String>) -> Self {
        self.status_callback = Some(url.into());
        self
    }

    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        check_socket_url(&self.url)?;
        // No other track can be had from a stream in both directions.
        let mut attributes = vec![("url", self.url.as_str()), ("track", "inbound_track")];
        if let Some(url) = &self.status_callback {
            if url.starts_with('/') {
                return Err(BadTwiml::BadUrl);
            }
            super::check_web_url(url)?;
            attributes.extend([("statusCallback", url.as_str()), ("statusCallbackMethod", "POST")]);
        }
        if self.parameters.is_empty() {
            return out.empty("Stream", &attributes);
        }
        out.open("Stream", &attributes)?;
        write_parameters(out, &self.parameters)?;
        out.close("Stream")
    }
}

/// A fork of a call: all sound of both its ends goes to a socket of ours as well: we hear and say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Fork {
    /// By which it can be stopped; unique in the call.
    pub name: String,
    /// Where our socket is: `wss://…`, or `ws://…` on loopback.
    pub url: String,
    /// Where news of the stream go, absolute.
    pub status_callback: Option<String>,
    /// Given back in `start`.
    pub parameters: Vec<Parameter>,
}

impl Fork {
    /// A fork to the socket at `url`.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            status_callback: None,
            parameters: Vec::new(),
        }
    }

    /// The same with one more parameter.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(Parameter {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// The same with news of it sent to `url`, which must be absolute.
    pub fn status_callback(mut self, url: impl Into<String>) -> Self {
        self.status_callback = Some(url.into());
        self
    }

    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        check_socket_url(&self.url)?;
        if self.name.is_empty() {
            return Err(BadTwiml::BadName);
        }
        let mut attributes = vec![
            ("name", self.name.as_str()),
            ("url", self.url.as_str()),
            ("track", "both_tracks"),
        ];
        if let Some(url) = &self.status_callback {
            if url.starts_with('/') {
                return Err(BadTwiml::BadUrl);
            }
            super::check_web_url(url)?;
            attributes.extend([("statusCallback", url.as_str()), ("statusCallbackMethod", "POST")]);
        }
        out.open("Start", &[])?;
        out.open("Stream", &attributes)?;
        write_parameters(out, &self.parameters)?;
        out.close("Stream")?;
        out.close("Start")
    }
}

pub(super) fn write_parameters(out: &mut Out, parameters: &[Parameter]) -> Result<(), BadTwiml> {
    for Parameter { name, value } in parameters {
        if name.chars().count() + value.chars().count() >= 500 {
            return Err(BadTwiml::ParameterTooLong);
        }
        out.empty("Parameter", &[("name", name), ("value", value)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    const ACTION: &str = "https://h.example/twilio/continue";

    fn stream() -> Stream {
        Stream::new("wss://h.example/twilio/stream")
    }

    fn write(stream: Stream) -> Result<String, BadTwiml> {
        Response::new().connect_stream(ACTION, stream).to_xml()
    }

    #[test]
    fn a_stream_is_written_with_a_way_on_behind_it() {
        let xml = write(
            stream()
                .parameter("token", "t&0")
                .status_callback("https://h.example/twilio/stream_status"),
        );
        assert_eq!(
            xml.unwrap(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect action=\"{ACTION}\" method=\"POST\">\
<Stream url=\"wss://h.example/twilio/stream\" track=\"inbound_track\" \
statusCallback=\"https://h.example/twilio/stream_status\" statusCallbackMethod=\"POST\">\
<Parameter name=\"token\" value=\"t&amp;0\"/></Stream></Connect>\
<Redirect method=\"POST\">{ACTION}</Redirect></Response>"
            )
        );
        assert!(
            write(stream())
                .unwrap()
                .contains("<Stream url=\"wss://h.example/twilio/stream\" track=\"inbound_track\"/>")
        );
    }

    #[test]
    fn a_copy_of_the_sound_is_begun_and_stopped_by_its_name() {
        let fork = Fork::new("notes", "wss://h.example/twilio/notes").parameter("token", "t");
        assert_eq!(
            Response::new()
                .start_fork(fork.clone())
                .hangup()
                .to_xml()
                .unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Start>\
<Stream name=\"notes\" url=\"wss://h.example/twilio/notes\" track=\"both_tracks\">\
<Parameter name=\"token\" value=\"t\"/></Stream></Start><Hangup/></Response>"
        );
        let stopped = Response::new().stop_fork("notes").hangup().to_xml().unwrap();
        assert!(
            stopped.ends_with("<Response><Stop><Stream name=\"notes\"/></Stop><Hangup/></Response>"),
            "{stopped}"
        );
        let bad = Fork {
            url: "https://h.example/s".to_owned(),
            ..fork
        };
        assert_eq!(Response::new().start_fork(bad).to_xml(), Err(BadTwiml::BadUrl));
        assert_eq!(Response::new().stop_fork("").to_xml(), Err(BadTwiml::BadName));
    }

    #[test]
    fn what_the_carrier_would_refuse_is_not_sent() {
        for url in [
            "https://h.example/s",
            "wss://h.example/s?token=1",
            "/twilio/stream",
            "wss://h. example",
        ] {
            assert_eq!(write(Stream::new(url)), Err(BadTwiml::BadUrl), "{url}");
        }
        assert_eq!(
            write(stream().status_callback("/relative")),
            Err(BadTwiml::BadUrl)
        );
        assert!(write(stream().parameter("n", "é".repeat(498))).is_ok());
        assert_eq!(
            write(stream().parameter("n", "é".repeat(499))),
            Err(BadTwiml::ParameterTooLong)
        );
    }
}
