import { newQuickJSWASMModule, newVariant, type QuickJSWASMModule, RELEASE_SYNC } from 'quickjs-emscripten';
import type { ExpressionResults, NodePlan, Plan, TablePlan } from '#model';
import { GuestRuntime, INTERRUPTED, type SandboxLimits } from './guest-runtime.js';
import { NodeProgram } from './node-program.js';

export type { SandboxLimits } from './guest-runtime.js';

export const SANDBOX_LIMITS: SandboxLimits = { maxTicks: 500, maxMemoryBytes: 64 * 1024 * 1024 };

type Rows = readonly (readonly (string | null)[])[];

/** Rows that go in together; small enough that one which does not end costs its neighbours little. */
const BATCH_ROWS = 256;
const DID_NOT_END = 'the expression ran into its limit of time or memory';
const OUT_OF_MEMORY = 'eInternalError: out of memory';
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Evaluates the expressions of a plan's nodes in QuickJS. Results are a function of the row alone: nothing survives an
 * evaluation, there is no clock, no randomness, no I/O, and limits are counted, not timed. A row whose expression does not
 * end gets an error, and no other row is touched by it. Synchronous, a batch at a time.
 */
export class Sandbox {
  private guest: GuestRuntime | undefined;

  private constructor(
    private readonly programs: ReadonlyMap<number, NodeProgram>,
    private readonly limits: SandboxLimits,
    /** Undefined where there is nothing to evaluate. */
    private readonly module: QuickJSWASMModule | undefined,
  ) {}

  /**
   * Rejects with EXPRESSION_NOT_SUPPORTED where an expression does not compile. `load` is asked for the module where there are
   * expressions; sandboxes that are given the same one share the bound of its memory.
   */
  static async create(
    plan: Plan,
    limits: SandboxLimits = SANDBOX_LIMITS,
    load: () => Promise<QuickJSWASMModule> = () => quickJs(limits),
  ): Promise<Sandbox> {
    const programs = new Map<number, NodeProgram>();
    for (const node of plan.nodes) {
      if (node.expressions.length > 0)
        programs.set(node.id, new NodeProgram(node, plan.tables[node.table] as TablePlan));
    }
    if (programs.size === 0) return new Sandbox(programs, limits, undefined);
    const sandbox = new Sandbox(programs, limits, await load());
    sandbox.running();
    return sandbox;
  }

  /** Rows are the table's columns as the source's text, in the plan's order, lacking none. One list of results per row. */
  evaluate(node: NodePlan['id'], rows: Rows): ExpressionResults[] {
    const program = this.programs.get(node);
    if (program === undefined) return rows.map(() => []);
    const results: ExpressionResults[] = [];
    for (let from = 0; from < rows.length; from += BATCH_ROWS)
      this.batch(program, rows.slice(from, from + BATCH_ROWS), results);
    return results;
  }

  dispose(): void {
    this.guest?.dispose();
    this.guest = undefined;
  }

  private batch(program: NodeProgram, rows: Rows, results: ExpressionResults[]): void {
    const wires = rows.map((row) => program.encode(row));
    const width = program.expressions.length;
    const tagged = this.run(program, wires, -1);
    for (let r = 0; r < rows.length; r++) {
      const row: ExpressionResults = [];
      for (let e = 0; e < width; e++)
        row.push(
          tagged === undefined
            ? this.alone(program, wires[r] as unknown[], e)
            : resultOf(tagged[r * width + e] as string),
        );
      results.push(row);
    }
  }

  private alone(program: NodeProgram, wire: unknown[], expression: number): ExpressionResults[number] {
    const tagged = this.run(program, [wire], expression);
    // What it held may still be there: the next one starts with an empty memory, as this one did.
    if (tagged?.[0] === OUT_OF_MEMORY) this.dispose();
    return tagged === undefined ? { error: DID_NOT_END } : resultOf(tagged[0] as string);
  }

  /** Undefined where it did not come to an end; then the next run has a new runtime. */
  private run(program: NodeProgram, wires: readonly unknown[][], only: number): string[] | undefined {
    const guest = this.running();
    const results = guest.run(program.node.id, JSON.stringify(wires), only);
    if (results !== INTERRUPTED) return results;
    this.dispose();
    return undefined;
  }

  private running(): GuestRuntime {
    return (this.guest ??= new GuestRuntime(this.module as QuickJSWASMModule, this.programs.values(), this.limits));
  }
}

/** Node has it; the libraries of types in use here do not. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number; maximum: number }) => object };

const PAGE_BYTES = 65_536;
/** What the module is built to begin with. */
const INITIAL_PAGES = 256;

/** QuickJS counts allocations rather than their bytes in WebAssembly; what holds is the bound of the memory itself. */
export function quickJs({ maxMemoryBytes }: Pick<SandboxLimits, 'maxMemoryBytes'>): Promise<QuickJSWASMModule> {
  const maximum = Math.max(INITIAL_PAGES, Math.ceil(maxMemoryBytes / PAGE_BYTES));
  const wasmMemory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
  return newQuickJSWASMModule(newVariant(RELEASE_SYNC, { wasmMemory }));
}

function resultOf(tagged: string): ExpressionResults[number] {
  if (tagged.charCodeAt(0) === 101) return { error: tagged.slice(1) };
  return LONE_SURROGATE.test(tagged) ? { error: 'the result has half of a surrogate pair' } : { v: tagged };
}
