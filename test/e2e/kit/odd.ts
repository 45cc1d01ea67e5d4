/** Beside the shop: names that objects would move, types that look alike, and a row that cannot be written. */
export const ODD_SCHEMA = `
CREATE TABLE odd (id int PRIMARY KEY, "10" text, "2" double precision, "__proto__" bigint, n numeric, at timestamptz);
INSERT INTO odd VALUES
  (1, 'ten', 2, 5, 1.50, '2024-02-29 12:00:00+00'),
  (2, 'only its number is too large', '-0', NULL, ${'9'.repeat(40)}, NULL);
`;

export const ODD_COLLECTION = `  odd:
    table: public.odd
    fields: { computed: { whole: "({ 7: 1, b: 2n, a: [] })" } }
`;
