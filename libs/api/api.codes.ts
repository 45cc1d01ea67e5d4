import { EXIT, errorCodes } from '#errors';

/** What the console itself refuses. */
export const API_ERRORS = errorCodes({
  UNAUTHORIZED: {
    cause: 'The request has no token that the console knows.',
    remedy:
      'Send one of MILLRACE_CONSOLE_TOKENS as `Authorization: Bearer …`; the command line takes it from MILLRACE_TOKEN.',
  },
  ORIGIN_REFUSED: {
    cause: 'The request was made by a web page of another origin, or by another name than that of this machine.',
    remedy: 'Call the API from a program, or from the page at /api; without tokens by 127.0.0.1 or localhost.',
  },
  REQUEST_INVALID: {
    cause: 'The request has fields or parameters that this route does not take, or lacks some.',
    remedy: 'See what is listed, and the description of the route at /api/openapi.json.',
    exit: EXIT.usage,
  },
  REQUEST_TOO_LARGE: {
    cause: 'The body of the request is larger than 4 MB.',
    remedy: 'Send less at a time, such as fewer ids.',
    exit: EXIT.usage,
  },
  ROUTE_UNKNOWN: {
    cause: 'The console has no such route.',
    remedy: 'See /api/openapi.json; a command line of another version than the console may know other routes.',
  },
  JOB_NAME_DIFFERS: {
    cause: 'The job file is of another job than the one that it was sent for.',
    remedy: 'Send it for the job that its `job:` names.',
    exit: EXIT.usage,
  },
  API_FAILED: {
    cause: 'Something happened in the console that it has no name for: most likely a defect.',
    remedy: 'See its log at this time, and report what it says.',
  },
});

/** What the command line meets on the way to a console. */
export const SERVER_ERRORS = errorCodes({
  SERVER_URL_INVALID: {
    cause: 'What --server (or MILLRACE_SERVER) names is not the URL of a console.',
    remedy: 'Give scheme, host and port, such as https://millrace.example:8080; a token goes into MILLRACE_TOKEN.',
    exit: EXIT.usage,
  },
  SERVER_UNREACHABLE: {
    cause: 'The console does not answer.',
    remedy:
      'Check URL and network, and that the service `console` is up; NODE_EXTRA_CA_CERTS names a certificate authority of your own.',
  },
  SERVER_REFUSED: {
    cause: 'The console does not accept the token, or there is none.',
    remedy: 'Set MILLRACE_TOKEN, or MILLRACE_TOKEN_FILE, to one of its tokens.',
  },
  SERVER_NOT_MILLRACE: {
    cause: 'What answers at this URL is not a console of Millrace.',
    remedy: 'Check host, port and path; something in between may answer in its place.',
  },
});
