def lines(result):
    return [f"{c.verb.value} {c.ident}" for c in result.plan.changes]
