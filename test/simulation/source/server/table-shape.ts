import type { SimColumnSpec, SimTableSpec } from './table.js';

/** A column as PostgreSQL keeps it (`pg_attribute`): one that is dropped keeps its place, which no other one ever gets. */
export interface Attribute {
  /** `spec.name` is what applications know it by, which follow what it is called now. */
  readonly spec: SimColumnSpec;
  readonly name: string;
  readonly isDropped: boolean;
}

/** What ALTER TABLE does; columns by the names that applications know them by. */
export type Alteration =
  | { kind: 'add column'; column: SimColumnSpec }
  | { kind: 'drop column'; column: string }
  | { kind: 'rename column'; column: string; to: string }
  | { kind: 'rename table'; to: string };

export interface PlacedColumn extends Attribute {
  /** In the values of a row. */
  readonly place: number;
}

/** What a table looks like between two changes of its schema. */
export class TableShape {
  readonly columns: readonly PlacedColumn[];

  private constructor(
    readonly name: string,
    readonly attributes: readonly Attribute[],
  ) {
    this.columns = attributes
      .map((attribute, place) => ({ ...attribute, place }))
      .filter(({ isDropped }) => !isDropped);
  }

  static of({ name, columns }: SimTableSpec): TableShape {
    return new TableShape(name, columns.map(attributeOf));
  }

  altered(by: Alteration): TableShape {
    const { name, attributes } = this;
    switch (by.kind) {
      case 'add column':
        return new TableShape(name, [...attributes, attributeOf(by.column)]);
      case 'drop column':
        return this.with(by.column, { isDropped: true });
      case 'rename column':
        return this.with(by.column, { name: by.to });
      case 'rename table':
        return new TableShape(by.to, attributes);
    }
  }

  private with(column: string, changed: Partial<Attribute>): TableShape {
    const isMeant = (each: Attribute) => each.spec.name === column && !each.isDropped;
    return new TableShape(
      this.name,
      this.attributes.map((each) => (isMeant(each) ? { ...each, ...changed } : each)),
    );
  }
}

const attributeOf = (spec: SimColumnSpec): Attribute => ({ spec, name: spec.name, isDropped: false });
