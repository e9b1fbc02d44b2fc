// Package infer judges effects by other means than the sampling distribution of
// a regression coefficient: randomisation inference, corrections for many tests,
// and the check that the arms of a trial have the sizes they should.
//
// # Randomisation inference
//
// In a trial chance enters through the draw of the arms, which we know exactly.
// Under the sharp hypothesis that treatment changes nobody's outcome, all
// outcomes under all other draws are known too, so the distribution of any
// statistic over the draws can be computed, and the p-value is the share of the
// draws in which it is at least as extreme as in the draw that was made. It is
// exact in any sample, with two clusters an arm as with two thousand, whatever
// the outcome's distribution (R. A. Fisher, The Design of Experiments, 1935; G.
// W. Imbens and D. B. Rubin, Causal Inference, 2015, chapter 5).
//
// Trial draws the units of randomisation, which may be persons or whole offices,
// again within the blocks in which they were drawn. When there are few draws
// (MaxExact) all are visited, else a sample of them, with p = (1+b)/(1+B), which
// is exact as well (B. Phipson and G. Smyth, "Permutation p-values should never
// be zero", SAGMB 9, 2010). Draws depend on the seed and their number alone, so
// the same seed gives the same bits for any number of threads, on any machine.
//
// The statistic is the difference in means, weighted over blocks by size, over
// its standard error when every block has at least two units in each arm: then
// the test is also right in large samples for the weak hypothesis that the mean
// effect is zero (J. Wu and P. Ding, "Randomization tests for weak null
// hypotheses in randomized experiments", JASA 116, 2021). Otherwise it is the
// difference itself.
//
// The interval is the set of constant effects that the test does not reject.
//
// Covariates may be taken out of the outcome beforehand, without regard to the
// arm, which keeps the test exact and makes it sharper (P. R. Rosenbaum,
// "Covariance adjustment in randomized experiments and observational studies",
// Statistical Science 17, 2002).
//
// Not for: comparisons that chance did not make, draws other than those
// described (pass the real ones as Trial.Redraw), and effects that vary much
// when the difference itself is the statistic.
//
// # Many tests
//
// Holm keeps the chance of any false finding among all at the level, whatever the
// dependence between tests. BenjaminiHochberg keeps the expected share of false
// findings among those called findings, for independent or positively dependent
// tests.
package infer
