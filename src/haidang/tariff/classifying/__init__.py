"""Help with classification: which commodity codes a description of goods speaks for, and which names, texts and rulings say so.

Never a legal decision: under 54/2014/QH13 declarant and customs classify, and only a ruling binds, for the goods, the person and the term that it names. Nothing is looked up outside, and no state is kept: a model is a file, or made anew from the names of the law book.
docs/classification.md tells how it learns, how well it does and what it costs.
"""
