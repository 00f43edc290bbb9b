//! The tools: their descriptions, and the calls.

use std::{sync::Arc, time::Duration};

use actions::{
    create::{self, Sender},
    patch,
    reveal::Reader,
    runs,
    view::links,
};
use axum::{
    extract::FromRequestParts as _,
    http::{header, request::Parts, uri::Authority},
};
use domain::SubmissionId;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::{schema_for_input, schema_for_output},
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
        Tool, ToolAnnotations,
    },
    service::RequestContext,
};
use schemars::JsonSchema;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};
use web::{
    error::ApiError,
    http::{HungUp, Owned, is_admin_about, leave_room},
    state::AppState,
};

use crate::{
    answers::{State, Submitted, problem, structured},
    arguments::{Cancel, GetPatch, Submit, Wait, parse},
    wait::wait,
};

const INSTRUCTIONS: &str = "CodeChecker finds the bug in a program that fails an online judge, makes the smallest fix in the \
    author's own style, and explains it. Submit the problem and the program, wait until the submission is finished (an \
    analysis takes from some seconds to some minutes, so wait again while it is not), then get the fix as a patch.";
/// Bytes of a name that an error repeats.
const NAME_BYTES: usize = 60;

/// The request that a message came in.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    parts: Parts,
    span: Span,
}

impl Caller {
    /// The request that is being answered.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            span: Span::current(),
        }
    }
}

/// The tools of one request.
#[derive(Debug)]
pub(crate) struct Tools {
    state: AppState,
}

impl Tools {
    pub(crate) const fn new(state: AppState) -> Self {
        Self { state }
    }

    async fn call(
        &self,
        name: Name,
        arguments: Option<JsonObject>,
        mut parts: Parts,
    ) -> Result<CallToolResult, ApiError> {
        match name {
            Name::Submit => self.submit(parse(arguments)?, &mut parts).await,
            Name::Wait => {
                let arguments: Wait = parse(arguments)?;
                let (id, seconds) = arguments.checked()?;
                leave_room(&parts.extensions);
                let hung_up = parts.extensions.get::<HungUp>();
                let hung_up =
                    hung_up.map_or_else(CancellationToken::new, |hung_up| hung_up.0.clone());
                let patience = Duration::from_secs(seconds);
                let reader = reader(&mut parts, &self.state, id).await;
                structured(&wait(&self.state, id, reader, patience, &hung_up).await?)
            }
            Name::GetPatch => {
                let arguments: GetPatch = parse(arguments)?;
                let (id, file) = arguments.checked()?;
                let reader = reader(&mut parts, &self.state, id).await;
                let patch = patch::patch(&self.state, id, file, reader).await?;
                Ok(CallToolResult::success(vec![ContentBlock::text(
                    patch.text,
                )]))
            }
            Name::Cancel => {
                let arguments: Cancel = parse(arguments)?;
                let id = arguments.submission()?;
                let token = arguments.owner_token.as_deref();
                let Owned(id) = Owned::named(&mut parts, &self.state, id, token).await?;
                let changed = runs::cancel(&self.state, id).await?;
                structured(&State::new(id, changed.status))
            }
        }
    }

    async fn submit(&self, submit: Submit, parts: &mut Parts) -> Result<CallToolResult, ApiError> {
        let sender = Sender::from_request_parts(parts, &self.state).await?;
        let created = create::create(&self.state, submit.into(), sender).await?;
        structured(&Submitted {
            id: created.id.to_string(),
            status: created.status,
            owner_token: created.owner_token,
            page: page(parts, created.id),
        })
    }
}

/// The reader that a request speaks for.
async fn reader(parts: &mut Parts, state: &AppState, id: SubmissionId) -> Reader {
    Reader::of(is_admin_about(parts, state, id).await)
}

/// Address of a submission's page, as the client reaches this server.
fn page(parts: &Parts, id: SubmissionId) -> String {
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let forwarded = text("x-forwarded-host").and_then(|hosts| hosts.split(',').next());
    let host = forwarded.or_else(|| text(header::HOST.as_str()));
    let host = host.and_then(|host| host.trim().parse::<Authority>().ok());
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let server = host.map(|host| format!("{scheme}://{host}"));
    format!("{}{}", server.unwrap_or_default(), links(id).page)
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let name = Implementation::new("code-checker", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities)
            .with_server_info(name.with_title("CodeChecker"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = Name::ALL.iter().map(|name| name.tool()).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = Name::parse(&request.name).ok_or_else(|| {
            let given = domain::limits::cut(&request.name, NAME_BYTES);
            ErrorData::invalid_params(format!("There is no tool {given}."), None)
        })?;
        let request_parts = context.extensions.get::<Parts>();
        let caller = request_parts.and_then(|parts| parts.extensions.get::<Caller>().cloned());
        let Caller { parts, span } =
            caller.ok_or_else(|| ErrorData::internal_error("There is no request.", None))?;
        let answer = async {
            match self.call(name, request.arguments, parts).await {
                Ok(answer) => answer,
                Err(error) => problem(error).await,
            }
        };
        Ok(answer.instrument(span).await.into())
    }
}

/// The name of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Submit,
    Wait,
    GetPatch,
    Cancel,
}

impl Name {
    const ALL: [Self; 4] = [Self::Submit, Self::Wait, Self::GetPatch, Self::Cancel];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Wait => "wait",
            Self::GetPatch => "get_patch",
            Self::Cancel => "cancel",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Submit => {
                "Submits a program that fails an online judge for analysis, with as much of the problem statement, the verdict \
                 and a failing input as is known. At least one of text, code and images is needed. It answers at once; wait \
                 for the result with its id."
            }
            Self::Wait => {
                "Waits until a submission has ended or the time is up, and answers its status: with the smallest failing input, \
                 the summary and the fixes when it is COMPLETED, with the error when it has FAILED. Call it again while finished is false."
            }
            Self::GetPatch => {
                "Answers the fix of a COMPLETED submission as a unified diff that git apply and patch -p1 take, byte for byte. \
                 It is an error when no bug was found."
            }
            Self::Cancel => {
                "Stops a submission that is queued or being analysed, which cannot be undone. Cancelling a cancelled one \
                 changes nothing."
            }
        }
    }

    fn tool(self) -> Tool {
        let hints = ToolAnnotations::new();
        let reads = || hints.clone().read_only(true).open_world(false);
        let (title, input, output, hints) = match self {
            Self::Submit => {
                let hints = hints.read_only(false).destructive(false).idempotent(false);
                // The program goes to a model.
                let hints = hints.open_world(true);
                (
                    "Submit a program",
                    input::<Submit>(),
                    output::<Submitted>(),
                    hints,
                )
            }
            Self::Wait => (
                "Wait for the analysis",
                input::<Wait>(),
                output::<State>(),
                reads(),
            ),
            Self::GetPatch => ("Get the fix as a patch", input::<GetPatch>(), None, reads()),
            Self::Cancel => {
                let hints = hints.read_only(false).destructive(true).idempotent(true);
                let hints = hints.open_world(false);
                (
                    "Cancel a submission",
                    input::<Cancel>(),
                    output::<State>(),
                    hints,
                )
            }
        };
        let mut tool = Tool::new(self.as_str(), self.description(), input)
            .with_title(title)
            .with_annotations(hints);
        tool.output_schema = output;
        tool
    }
}

fn input<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    // Every struct is an object.
    schema_for_input::<T>().unwrap_or_default()
}

fn output<T: JsonSchema + 'static>() -> Option<Arc<JsonObject>> {
    Some(schema_for_output::<T>())
}
