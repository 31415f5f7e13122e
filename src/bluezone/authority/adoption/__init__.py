"""The adoption ledger: who has the app, by place, with the source and date of every figure."""
