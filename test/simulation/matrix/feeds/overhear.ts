type Methods<T> = { [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] };

/** From now on `told` hears of each call of the method, after it; the call is as it was. */
export function overhear<T extends object, K extends keyof Methods<T>>(
  of: T,
  method: K,
  told: (
    args: T[K] extends (...args: infer A) => unknown ? A : never,
    result: T[K] extends (...args: never[]) => infer R ? R : never,
  ) => void,
): void {
  const original = (of[method] as (...args: unknown[]) => unknown).bind(of);
  of[method] = ((...args: unknown[]) => {
    const result = original(...args);
    told(args as never, result as never);
    return result;
  }) as T[K];
}
