// Where keys lead in the grid of the explorer
(function () {
  "use strict";

  function isReachable(record) {
    return record.isShown && !record.column.node.hidden;
  }

  function inOrder(column) {
    return column.records.flatMap((record) => [record, ...(record.subs || [])]).filter((record) => record.isShown);
  }

  // Where a key leads from a cell: within the tactic up and down, to the next tactic at about the same height.
  function target(record, event) {
    const columns = record.board.columns.filter((column) => !column.node.hidden);
    const own = inOrder(record.column);
    const at = own.indexOf(record);
    const across = (step) => {
      const column = columns[columns.indexOf(record.column) + step];
      if (!column) return null;
      const height = record.node.offsetTop;
      return inOrder(column).reduce((best, one) =>
        (Math.abs(one.node.offsetTop - height) < Math.abs(best.node.offsetTop - height) ? one : best));
    };
    switch (event.key) {
      case "ArrowDown": return own[at + 1];
      case "ArrowUp": return own[at - 1];
      case "ArrowRight": return across(1);
      case "ArrowLeft": return across(-1);
      case "Home": return event.ctrlKey ? inOrder(columns[0])[0] : own[0];
      case "End": return event.ctrlKey ? inOrder(columns[columns.length - 1]).pop() : own[own.length - 1];
      default: return undefined;
    }
  }

  Object.assign(explorer, { isReachable, target });
})();
