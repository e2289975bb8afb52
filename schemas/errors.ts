import { z } from "zod";

interface ErrorEntry {
  /** HTTP status of the answer. */
  status: number;
  /** Text shown when the thrower gives none; the texts of the API documents are exact. */
  error: string;
  hint?: string;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number;
}

/** Every error code that Parley can answer with: one table for REST, frames and the OpenAI shape. */
export const errorTable = {
  invalid_request: { status: 400, error: "请求参数错误" },
  invalid_json: { status: 400, error: "请求体不是有效的 JSON" },
  invalid_message: { status: 400, error: "消息格式无效" },
  url_not_allowed: { status: 400, error: "不允许访问该地址" },
  context_length_exceeded: { status: 400, error: "对话超出模型的上下文长度" },
  file_too_large: { status: 400, error: "文件大小超过限制 (最大 20MB)" },
  unsupported_type: { status: 400, error: "不支持的文件类型" },
  image_too_large: { status: 400, error: "图片尺寸过大" },
  invalid_image: { status: 400, error: "图片无法读取", hint: "文件可能已损坏或不完整" },
  invalid_document: { status: 400, error: "文档无法读取", hint: "文件可能已损坏或受密码保护" },
  unauthorized: { status: 401, error: "未提供认证令牌", hint: "在 Authorization 头中携带有效的令牌" },
  invalid_token: { status: 401, error: "认证令牌无效或已过期", hint: "请重新登录" },
  invalid_credentials: { status: 401, error: "用户名或密码错误" },
  admin_only: { status: 403, error: "仅限管理员操作" },
  forbidden: { status: 403, error: "无权限" },
  not_found: { status: 404, error: "资源不存在" },
  session_not_found: { status: 404, error: "会话不存在", hint: "该会话可能已被删除或尚未创建" },
  turn_not_found: { status: 404, error: "没有正在进行的回复" },
  model_not_found: { status: 404, error: "模型不存在", hint: "用 GET /v1/models 查看可用模型" },
  file_missing: { status: 404, error: "文件实体不存在(可能已被清理)" },
  method_not_allowed: { status: 405, error: "不支持的请求方法" },
  voice_stream_timeout: { status: 408, error: "语音流超时", hint: "长时间未收到音频，请重新开始" },
  turn_started: { status: 409, error: "该消息已开始处理，无法修改" },
  conflict: { status: 409, error: "资源冲突" },
  payload_too_large: { status: 413, error: "请求体过大" },
  uri_too_long: { status: 414, error: "请求地址过长" },
  unsupported_media_type: { status: 415, error: "不支持的 Content-Type", hint: "使用 application/json" },
  invalid_range: { status: 416, error: "请求的范围无效" },
  upgrade_required: {
    status: 426,
    error: "需要 WebSocket 连接",
    hint: "使用 WebSocket 协议 (版本 13) 连接该地址",
  },
  rate_limited: { status: 429, error: "请求过于频繁", hint: "请稍后再试", retryAfter: 1 },
  session_queue_full: { status: 429, error: "会话队列已满", hint: "等待当前回复完成后再发送", retryAfter: 1 },
  quota_exceeded: { status: 429, error: "配额已用完" },
  headers_too_large: { status: 431, error: "请求头过大" },
  internal_error: { status: 500, error: "服务器内部错误" },
  llm_unavailable: { status: 502, error: "AI 服务暂不可用" },
  memory_service_unreachable: {
    status: 502,
    error: "Memory-Service 不可达: 没有可用的服务进程",
    retryAfter: 2,
  },
  voice_service_unreachable: {
    status: 502,
    error: "Voice-Service 不可达: 没有可用的服务进程",
    retryAfter: 2,
  },
  service_unavailable: { status: 503, error: "服务暂不可用", hint: "请稍后重试", retryAfter: 2 },
  storage_unavailable: { status: 503, error: "存储服务暂不可用", hint: "请稍后重试", retryAfter: 2 },
} as const satisfies Record<string, ErrorEntry>;

/** A key of {@link errorTable}. */
export type ErrorType = keyof typeof errorTable;

/** The uniform error body of the API documents. */
export const errorBodySchema = z.object({
  error: z.string().describe("What went wrong, in words for the user."),
  errorType: z.string().optional().describe("Kind of the error, for programs."),
  hint: z.string().optional().describe("What the caller can do about it."),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** An error that reaches a client: a code of the table, with a text of its own where the document names one. */
export class ParleyError extends Error {
  readonly errorType: ErrorType;
  readonly status: number;
  readonly hint: string | undefined;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** Headers of an HTTP answer that tell more of it. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Fields that the documents add to the body of some errors. */
  readonly extra: Record<string, unknown> | undefined;

  constructor(
    errorType: ErrorType,
    options: {
      error?: string;
      hint?: string;
      retryAfter?: number;
      headers?: Readonly<Record<string, string>>;
      extra?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    const entry: ErrorEntry = errorTable[errorType];
    super(options.error ?? entry.error, { cause: options.cause });
    this.name = "ParleyError";
    this.errorType = errorType;
    this.status = entry.status;
    this.hint = options.hint ?? entry.hint;
    this.retryAfter = options.retryAfter ?? entry.retryAfter;
    this.headers = options.headers;
    this.extra = options.extra;
  }

  /** The uniform body `{error, errorType, hint?}`. */
  get body(): ErrorBody {
    const body = { ...this.extra, error: this.message, errorType: this.errorType };
    return this.hint === undefined ? body : { ...body, hint: this.hint };
  }
}

/**
 * The error that a received body stands for; the only decoder of error bodies. A code that this version does not know
 * becomes the general one of its `status` and keeps its text.
 */
export function fromErrorBody(body: unknown, status = 500): ParleyError {
  const { error, errorType = "", hint } = errorBodySchema.catch({ error: "" }).parse(body);
  const type = Object.hasOwn(errorTable, errorType) ? (errorType as ErrorType) : generalType(status);
  return new ParleyError(type, { ...(error !== "" && { error }), ...(hint !== undefined && { hint }) });
}

function generalType(status: number): ErrorType {
  if (status === 404) return "not_found";
  if (status < 500) return "invalid_request";
  return status === 500 ? "internal_error" : "service_unavailable";
}

/** What zod found, as one `invalid_request` (or `invalid_message`) that names the first field at fault. */
export function fromZodError(
  cause: z.ZodError,
  errorType: "invalid_request" | "invalid_message" = "invalid_request",
): ParleyError {
  const issue = cause.issues[0];
  const path = issue?.path.join(".") ?? "";
  return new ParleyError(errorType, {
    error: `${errorTable[errorType].error}: ${path === "" ? "" : `${path} `}${issue?.message ?? ""}`.trim(),
    cause,
  });
}
