import { errorCodes } from '#errors';

export const serverErrors = errorCodes({
  SERVER_UNAVAILABLE: {
    cause: 'A server was to be started, and no program for it could be found or provisioned.',
    remedy: 'Install the server named in the message, or make the package registry reachable, and start again.',
  },
  SERVER_FAILED: {
    cause: 'A server program was found and started, and ended before it was ready or did not become ready in time.',
    remedy:
      "Read the server's own last words in the message; mostly a missing library, a full disk or a used data folder.",
  },
});
