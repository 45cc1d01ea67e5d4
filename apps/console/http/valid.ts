import { API_ERRORS } from '#api';
import { MillraceError } from '#errors';
import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

/** Takes what fits the schema; all that does not is told at once, by place and rule. */
export function valid<T>(schema: z.ZodType<T>): PipeTransform<unknown, T> {
  return {
    transform(value) {
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      const problems = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
      const told = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
      throw new MillraceError(API_ERRORS.REQUEST_INVALID, `the request does not fit: ${told}`, {
        context: { problems },
      });
    },
  };
}
