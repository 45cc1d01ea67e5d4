import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten';
import { MillraceError } from '#errors';
import { expressionCodes } from './expression.codes.js';
import { GUEST } from './guest.js';
import type { NodeProgram } from './node-program.js';

export interface SandboxLimits {
  /**
   * How often an evaluation may come by QuickJS's own counter (about every 10,000 steps, some 0.3 ms). Counted, not
   * timed: a busy machine must not change what an expression gives.
   */
  maxTicks: number;
  /** Of the whole sandbox. */
  maxMemoryBytes: number;
}

/** It did not come to an end: out of ticks, or out of memory where several evaluations share it. */
export const INTERRUPTED = Symbol('interrupted');

/** Low enough that QuickJS sees its end before the host's own stack overflows, which would break the whole module. */
const MAX_STACK_BYTES = 64 * 1024;

/** One QuickJS runtime with the expressions of all nodes compiled in it. After an interruption it is thrown away. */
export class GuestRuntime {
  private readonly runtime: QuickJSRuntime;
  private readonly vm: QuickJSContext;
  private readonly runners = new Map<number, QuickJSHandle>();
  private readonly handles: QuickJSHandle[] = [];
  private ticksLeft = Number.POSITIVE_INFINITY;

  constructor(
    module: QuickJSWASMModule,
    programs: Iterable<NodeProgram>,
    private readonly limits: SandboxLimits,
  ) {
    this.runtime = module.newRuntime();
    this.runtime.setInterruptHandler(() => --this.ticksLeft < 0);
    this.vm = this.runtime.newContext();
    const makeRunner = this.evaluated(GUEST, 'guest');
    for (const program of programs) this.runners.set(program.node.id, this.runnerOf(program, makeRunner));
    this.runtime.setMaxStackSize(MAX_STACK_BYTES);
    this.runtime.setMemoryLimit(limits.maxMemoryBytes);
  }

  /** `only`: one expression, or -1 for all. The results' tagged strings, row by row; `e` and a message for failed ones. */
  run(node: number, input: string, only: number): string[] | typeof INTERRUPTED {
    const { vm } = this;
    this.ticksLeft = this.limits.maxTicks;
    const text = vm.newString(input);
    const which = vm.newNumber(only);
    const called = vm.callFunction(this.runners.get(node) as QuickJSHandle, vm.undefined, text, which);
    text.dispose();
    which.dispose();
    if (called.error) {
      called.error.dispose();
      return INTERRUPTED;
    }
    const output = vm.getString(called.value);
    called.value.dispose();
    return JSON.parse(output) as string[];
  }

  dispose(): void {
    for (const handle of this.handles) handle.dispose();
    this.vm.dispose();
    this.runtime.dispose();
  }

  private runnerOf(program: NodeProgram, makeRunner: QuickJSHandle): QuickJSHandle {
    const expressions = this.list(program.expressions.map((source) => this.expression(source, program.node.path)));
    const builders = this.list(program.builders.map((source) => this.evaluated(source, 'columns')));
    const runner = this.kept(
      this.vm.unwrapResult(this.vm.callFunction(makeRunner, this.vm.undefined, expressions, builders)),
    );
    return runner;
  }

  /**
   * As an arrow function in strict mode, at the level of globals, which are frozen. Only text that parses both between
   * parentheses and between brackets is one expression: nothing else closes both.
   */
  private expression(source: string, path: string): QuickJSHandle {
    for (const [open, close] of [
      ['(', ')'],
      ['[', ']'],
    ]) {
      const parsed = this.vm.evalCode(`'use strict'; (columns) => ${open}${source}\n${close}`, 'expression', {
        compileOnly: true,
      });
      if (parsed.error) throw this.notSupported(parsed.error, path);
      parsed.value.dispose();
    }
    return this.evaluated(`'use strict'; (columns) => (${source}\n)`, 'expression');
  }

  private notSupported(error: QuickJSHandle, path: string): MillraceError {
    const { message } = this.vm.dump(error) as { message?: string };
    error.dispose();
    return new MillraceError(
      expressionCodes.EXPRESSION_NOT_SUPPORTED,
      `${path}: an expression cannot be compiled: ${message ?? 'syntax error'}`,
    );
  }

  private list(items: readonly QuickJSHandle[]): QuickJSHandle {
    const list = this.kept(this.vm.newArray());
    items.forEach((item, i) => this.vm.setProp(list, i, item));
    return list;
  }

  private evaluated(code: string, name: string): QuickJSHandle {
    return this.kept(this.vm.unwrapResult(this.vm.evalCode(code, `${name}.js`)));
  }

  private kept(handle: QuickJSHandle): QuickJSHandle {
    this.handles.push(handle);
    return handle;
  }
}
