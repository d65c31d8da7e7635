//! Carriers: signatures, TwiML, sockets' messages and the REST client
