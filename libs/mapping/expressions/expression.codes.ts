import { EXIT, errorCodes } from '#errors';

export const expressionCodes = errorCodes({
  EXPRESSION_NOT_SUPPORTED: {
    cause: 'An expression uses syntax that the sandbox (ECMAScript 2023 without modules) does not know.',
    remedy: 'Write the expression in plainer JavaScript.',
    exit: EXIT.usage,
  },
});
