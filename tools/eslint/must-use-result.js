/**
 * A Result that nobody looks at is a failure that nobody sees. Reports a statement whose value is neverthrow's Result
 * or ResultAsync, also after `await`; `void` before it says that this is meant.
 */
const names = new Set(['Ok', 'Err', 'ResultAsync']);

const isResult = (type) =>
  (type.isUnion() ? type.types : [type]).some((part) => {
    const symbol = part.getSymbol();
    return symbol !== undefined && names.has(symbol.name) && symbol.declarations?.some((place) => place.getSourceFile().fileName.includes('/neverthrow/'));
  });

export const mustUseResult = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { ignored: 'This Result is ignored: return it, look at it, or write `void` before it.' },
  },
  create(context) {
    const { getTypeAtLocation } = context.sourceCode.parserServices;
    return {
      ExpressionStatement(node) {
        if (isResult(getTypeAtLocation(node.expression))) context.report({ node, messageId: 'ignored' });
      },
    };
  },
};
