/** An error of the server, with its SQLSTATE as the driver gives it. */
export class ServerError extends Error {
  override readonly name = 'ServerError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A statement of a workload that cannot be done now or at all; its transaction was rolled back with it. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';

  constructor(
    /** `locked`: another transaction is in the way, and it may be tried again. */
    readonly reason: 'locked' | 'duplicate',
    message: string,
  ) {
    super(message);
  }
}
