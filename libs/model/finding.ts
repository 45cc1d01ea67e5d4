/** One thing that `check` found. A blocker stops `run` unless `--force` names its code. */
export interface Finding {
  severity: 'blocker' | 'warning' | 'info';
  /** Upper snake case, stable: operators name it in `--force` and in their notes. */
  code: string;
  /** What it is about: `public.orders`, `public.orders.total`, `source`, `target`. */
  object: string;
  message: string;
  /** The SQL or the step that mends it; empty where nothing has to be done. */
  fix: string;
}
