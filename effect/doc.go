// Package effect evaluates what works: it takes a plan, decided before the
// outcomes were seen, and a source of data, and returns what may be published
// of the answer.
//
// [Run] goes from the one to the other. The plan (package plan) names the
// design, the outcomes and the estimator; the source (package source, or
// anything that implements data.Source) delivers rows where they lie. One
// scan describes the data and keeps the moments from which every linear model
// of the plan is estimated; variances that need residuals, and fixed effects,
// take further scans. Nothing of the rows is kept.
//
// # What the packages hold
//
//   - plan: the plan file, its checks, its hash and its lock
//   - source: CSV, Parquet, SQLite and PostgreSQL; data: the columns they deliver
//   - design: randomisation and power
//   - moment, linreg, absorb, did: the sums, and the estimators with their
//     formulas, assumptions and sources
//   - infer: randomisation tests, corrections for many tests, sample ratios;
//     stat: distributions
//   - sqlscore: the same estimates for databases that are asked by queries
//   - disclose: what may leave; report: the result in words and tables
//   - example: worked examples of each design
//
// # From plan to estimate
//
// The plan's estimator decides the regression; treatment, control arm and
// subgroups decide which of its coefficients are effects.
//
//	difference_in_means  y ~ T. Unbiased when T was drawn (Neyman 1923).
//	ols, wls             y ~ T + x. Consistent when T was drawn; otherwise an
//	                     effect only if x holds all that moves both.
//	lin                  y ~ T + (x − x̄) + T·(x − x̄). The average effect
//	                     without belief in the model (Lin 2013).
//	blocked              the blocks' own differences, weighted by size, as the
//	                     regression on T, blocks and products (Miratrix, Sekhon
//	                     and Yu 2013).
//	iv                   two-stage least squares: the effect on those who take
//	                     treatment up because of the offer (Imbens and Angrist
//	                     1994).
//	fixed_effects        y ~ T + x, with an effect of every level of absorb.
//	did                  the change of the treated less that of the others.
//	event_study          the difference in every period from the start.
//
// A subgroup's effects are estimated in one model, y ~ group + T·group + x,
// so that they can be compared although groups share clusters; their equality
// is tested by the Wald statistic of their differences against F.
//
// # Checks
//
// With the estimates come: the arms' numbers against the shares that were
// drawn (a mismatch is an alarm, not a nuisance), the arms' likeness
// beforehand with a joint test, the loss of outcomes by arm, and where asked a
// randomisation test. They do not change the estimates; they say whether to
// believe them.
//
// # What is concluded
//
// [Conclude] reads an interval: an increase, a decrease, negligible (only
// within a smallest effect of interest that was stated beforehand), or
// unclear. An interval around zero is never called "no effect" by itself.
//
// # What is not here
//
// Estimators for staggered adoption, discontinuities, matching and weighting,
// non-linear models, sequential tests and risk-adjusted indicators. Where they
// join is written in docs/decisions/0010-effect-in-two-halves.md.
//
// # What it must not be used for
//
// Choosing the estimator after seeing results: lock the plan. Outcomes whose
// quantiles, not means, are asked for. Comparisons of people who chose, told
// as effects. Effects of units on each other, which every estimator here
// supposes away.
package effect
