//! Who answers a call: settings of the carrier's answering-machine detection.

use std::borrow::Cow;

/// What the carrier waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineMode {
    /// Only who answered: the fastest verdict.
    Enable,
    /// After a machine has answered, also the end of its greeting, so that a message can be left.
    DetectMessageEnd,
}

/// An answering-machine check. The carrier bills each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineDetection {
    /// What is waited for.
    pub mode: MachineMode,
    /// Where the verdict goes while the call goes on; without it the callee hears silence until there is one.
    pub async_callback: Option<String>,
    /// Longest wait for a verdict, 3 to 59 seconds.
    pub timeout_s: Option<u32>,
}

impl MachineDetection {
    fn write<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        let mode = match self.mode {
            MachineMode::Enable => "Enable",
            MachineMode::DetectMessageEnd => "DetectMessageEnd",
        };
        form.push(("MachineDetection", mode.into()));
        form.extend(
            self.timeout_s
                .map(|seconds| ("MachineDetectionTimeout", seconds.clamp(3, 59).to_string().into())),
        );
    }

    pub(super) fn write_for_call<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        self.write(form);
        if let Some(url) = &self.async_callback {
            form.extend([
                ("AsyncAmd", "true".into()),
                ("AsyncAmdStatusCallback", url.into()),
                ("AsyncAmdStatusCallbackMethod", "POST".into()),
            ]);
        }
    }

    /// A participant is always checked beside the call, and the names are others.
    pub(super) fn write_for_participant<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        self.write(form);
        if let Some(url) = &self.async_callback {
            form.extend([
                ("AmdStatusCallback", url.into()),
                ("AmdStatusCallbackMethod", "POST".into()),
            ]);
        }
    }
}
