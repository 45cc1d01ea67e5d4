/** The job of the demo, as a user would write it: five tables become one collection of orders and one of customers. */
export const SHOP_JOB = `job: demo
mode: continuous
source: { kind: postgres, uri: "\${DEMO_PG_URI}" }
target: { uri: "\${DEMO_MONGO_URI}", database: shop }
collections:
  orders:
    table: shop.orders
    fields:
      omit: [customer_id, internal_note]
      rename: { placed_at: placedAt }
      computed: { year: "columns.placed_at.getUTCFullYear()" }
    embed:
      customer:                         # the customer of the order: a document inside
        one: shop.customers
        fields: [id, name, city]
      lines:                            # its lines: an array, in order
        many: shop.order_lines
        sort: [line_no]
        fields: { omit: [order_id, product_id] }
        embed:
          product:                      # each line's product: fields of the line
            one: shop.products
            fields: [sku, name]
            flatten: true
            prefix: product_
      tags:                             # its tags: plain values
        many: shop.order_tags
        value: tag
  customers:
    table: shop.customers
    nulls: omit
`;
