export type { ConnectionStatus, SocketConstructor } from "./connection.ts";
export type {
  Attachment,
  ClientInfo,
  Frame,
  FrameOf,
  HistoryMessage,
  Mode,
  MsgType,
  Position,
  Segment,
  Timing,
} from "./frames.ts";
export { randomId } from "./frames.ts";
export type { DraftStorage } from "./outbox.ts";
export { type ClientOptions, ParleyClient } from "./parley-client.ts";
export { RequestError } from "./request-error.ts";
export { type Answer, type Api, hasEndpoint, type Input, type RouteName } from "./rest.ts";
export { Session } from "./session.ts";
export type { SendOptions } from "./session-link.ts";
export type {
  Approval,
  ChatMessage,
  MessageStatus,
  Part,
  SessionState,
  ToolProgress,
} from "./session-state.ts";
export type { Identification, TokenStore, Tokens } from "./token-source.ts";
export type { UploadedFile, UploadOptions } from "./upload.ts";
export type { Heard, VoiceOptions } from "./voice.ts";
