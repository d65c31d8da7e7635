// Every failure of the API in one form (RFC 9457), also when there was no answer at all.
export interface FieldFault {
  param: string;
  code: string;
  detail: string;
}

interface ProblemBody {
  title?: string;
  code?: string;
  detail?: string;
  errors?: FieldFault[];
  request_id?: string;
  retryable?: boolean;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldFault[];
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: ProblemBody, retryAfterSeconds?: number) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.detail = body.detail ?? body.title ?? '';
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
    this.retryable = body.retryable ?? (status === 0 || status >= 502);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static async from(response: Response): Promise<ApiProblem> {
    let body: ProblemBody = {};
    try {
      const read: unknown = await response.json();
      if (read && typeof read === 'object') body = read;
    } catch {
      // A proxy's page, or nothing: the status has to do.
    }
    body.request_id ??= response.headers.get('x-request-id') ?? undefined;
    const wait = Number(response.headers.get('retry-after'));
    return new ApiProblem(response.status, body, Number.isFinite(wait) && wait > 0 ? wait : undefined);
  }

  static unreachable(): ApiProblem {
    return new ApiProblem(0, {
      code: 'unreachable',
      detail: 'The server cannot be reached.',
      retryable: true,
    });
  }
}

export function asProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  return new ApiProblem(-1, {
    code: 'unexpected',
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  });
}
