import { createRequire } from 'node:module';
import { Visitor } from '@swc/core/Visitor.js';
import { cruise } from 'dependency-cruiser';

// swc's visitor does not know `using` declarations, and dependency-cruiser reads TypeScript 7 through it.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitStatementOrUsing(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};

/** What breaks the rules of .dependency-cruiser.cjs: one line for each. */
export async function dependencyLaw() {
  const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
  const { exclude, doNotFollow, parser, enhancedResolveOptions } = options;
  const cruised = await cruise(
    ['apps', 'libs'],
    { ruleSet: { forbidden, options }, validate: true, exclude, doNotFollow, parser, enhancedResolveOptions },
    enhancedResolveOptions,
  );
  const { violations, totalCruised } = cruised.output.summary;
  if (totalCruised === 0) throw new Error('dependency-cruiser found no module');
  const why = new Map(forbidden.map((rule) => [rule.name, rule.comment]));
  return violations.map(({ from, to, rule }) => `${from}: imports ${to} (${rule.name}: ${why.get(rule.name)})`);
}
