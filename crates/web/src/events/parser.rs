//! Parses `text/event-stream` from chunks of any size.

/// A message of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The event type; empty if the message names none.
    pub(crate) event: String,
    /// The data.
    pub(crate) data: String,
    /// The id to resume from after this message.
    pub(crate) id: Option<String>,
}

/// The incomplete rest of the stream.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    message: Message,
}

impl Parser {
    /// Adds a chunk and returns the messages that it completes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut complete = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if !line.is_empty() {
                self.field(&String::from_utf8_lossy(line));
            } else if self.message != Message::default() {
                complete.push(std::mem::take(&mut self.message));
            }
        }
        complete
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            "id" => self.message.id = Some(value.to_owned()),
            // A line that begins with a colon is a comment, sent to keep the
            // connection open.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        ": hello\n\nevent: callback\r\nid: 7\ndata: {\"a\":\ndata: \"é\"}\n\nevent: services\n\n";

    fn expected() -> [Message; 2] {
        [
            Message { event: "callback".into(), data: "{\"a\":\n\"é\"}".into(), id: Some("7".into()) },
            Message { event: "services".into(), ..Message::default() },
        ]
    }

    #[test]
    fn messages_are_read_and_comments_are_not() {
        assert_eq!(Parser::default().push(STREAM.as_bytes()), expected());
    }

    #[test]
    fn a_stream_may_be_cut_anywhere() {
        for at in 0..STREAM.len() {
            let (first, second) = STREAM.as_bytes().split_at(at);
            let mut parser = Parser::default();
            let mut messages = parser.push(first);
            messages.extend(parser.push(second));
            assert_eq!(messages, expected(), "cut at {at}");
        }
    }
}
