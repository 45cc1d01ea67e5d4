/** A document as relaxed Extended JSON; undefined: there is none. */
export type Seen = Record<string, unknown> | undefined;

/** Something that the shop's application does while the job runs, and by what it is known to have arrived. */
export interface Change {
  title: string;
  sql: string;
  /** Orders whose documents it concerns. */
  orders: readonly number[];
  hasArrived(documents: readonly Seen[]): boolean;
}

/** The order that is shown side by side, before and after. */
export const SHOWN = 1202;
const OTHER = 1203;
const DELETED = 1300;
const RENAMED = 1401;
const NEW_KEY = 90_001;
const NEW_ORDER = 90_002;

export const CHANGES: readonly Change[] = [
  {
    title: 'An order is shipped',
    sql: `UPDATE shop.orders SET status = 'shipped late' WHERE id = ${SHOWN}`,
    orders: [SHOWN],
    hasArrived: ([order]) => order?.['status'] === 'shipped late',
  },
  {
    title: 'A customer moves: the city inside each of the orders follows',
    sql: `UPDATE shop.customers SET city = 'Reykjavík' WHERE id = (SELECT customer_id FROM shop.orders WHERE id = ${SHOWN})`,
    orders: [SHOWN],
    hasArrived: ([order]) => (order?.['customer'] as Seen)?.['city'] === 'Reykjavík',
  },
  {
    title: 'A line moves from one order to another: out of one document, into the other',
    sql: `UPDATE shop.order_lines SET order_id = ${SHOWN}, line_no = 50 WHERE order_id = ${OTHER} AND line_no = 1`,
    orders: [OTHER, SHOWN],
    hasArrived: ([other, shown]) =>
      !lines(other).some((line) => line['line_no'] === 1) && lines(shown).some((line) => line['line_no'] === 50),
  },
  {
    title: 'A new order, its lines and a tag, in one transaction',
    sql: [
      'BEGIN',
      `INSERT INTO shop.orders VALUES (${NEW_ORDER}, 42, 'new', '2026-02-28 23:59:59.5Z', 64.85, NULL)`,
      `INSERT INTO shop.order_lines VALUES (${NEW_ORDER}, 1, 7, 2, 19.95), (${NEW_ORDER}, 2, 8, 1, 24.95)`,
      `INSERT INTO shop.order_tags VALUES (${NEW_ORDER}, 'gift')`,
      'COMMIT',
    ].join(';\n'),
    orders: [NEW_ORDER],
    hasArrived: ([order]) => lines(order).length === 2 && (order?.['tags'] as unknown[] | undefined)?.length === 1,
  },
  {
    title: 'A primary key changes, and cascades to the lines',
    sql: `UPDATE shop.orders SET id = ${NEW_KEY} WHERE id = ${RENAMED}`,
    orders: [RENAMED, NEW_KEY],
    hasArrived: ([former, now]) => former === undefined && lines(now).length > 0,
  },
  {
    title: 'An order is deleted, and its lines with it',
    sql: `DELETE FROM shop.orders WHERE id = ${DELETED}`,
    orders: [DELETED],
    hasArrived: ([order]) => order === undefined,
  },
  {
    title: 'Twenty products, in 900 orders, get new names, and 1,000 orders a new status',
    sql: `UPDATE shop.products SET name = name || ' (new)' WHERE id <= 20;\nUPDATE shop.orders SET status = 'archived' WHERE id <= 1000`,
    orders: [1000, 1009],
    hasArrived: ([archived, renamed]) =>
      archived?.['status'] === 'archived' &&
      lines(renamed).some((line) => String(line['product_name']).endsWith('(new)')),
  },
];

function lines(order: Seen): Record<string, unknown>[] {
  return (order?.['lines'] as Record<string, unknown>[] | undefined) ?? [];
}
