// Package design plans trials: it draws who gets what, and computes how many
// are needed to see an effect.
//
// # Randomisation
//
// [Randomise] draws an assignment by a seeded generator. The same units, arms
// and seed give the same assignment, to the bit, on any machine and for any
// order of the unit list: units are sorted by name first; the random numbers
// are the ChaCha8 stream (C2SP chacha8rand, math/rand/v2) keyed by SHA-256 of
// the seed; bounded integers and shuffles are built here from that stream, not
// by library functions whose method may change; and the arithmetic of
// distances is written so that no processor may fuse its roundings. The
// assignment carries a log (method, seed, fingerprint of the units, number of
// draws), and [Assignment.Verify] draws again and compares.
//
// Methods and when to use them:
//
//   - Simple: every unit on its own. Arms differ in size by chance; needs
//     nothing known beforehand.
//   - Complete: fixed numbers in each arm.
//   - Blocked: fixed numbers within strata, optionally in small random blocks,
//     so that arms stay equal over time while units arrive.
//   - MatchedPairs: like units make pairs, one of each pair is treated. For few,
//     unequal units such as offices. The pairs are those with the smallest sum of
//     squared Mahalanobis distances, found exactly, in strata of up to 600 units;
//     above, pairs are near, without a bound on how near. K. Imai, G. King and C.
//     Nall, Statistical Science 24 (2009); R. Greevy and others, Biostatistics 5
//     (2004). Variance must be estimated by pairs.
//   - Rerandomised: complete, drawn again until the Mahalanobis distance
//     between arms is among the best share of all draws. K. L. Morgan and D. B.
//     Rubin, Annals of Statistics 40 (2012). Analyse with the same covariates;
//     unadjusted standard errors are too large.
//
// Any method can draw whole clusters (offices) and waves of start.
//
// # Power
//
// [Trial] holds assumptions and answers three questions: the power of a given
// size, the size for a given power, the smallest detectable effect. For
// individually randomised trials with a continuous outcome power is that of
// the t test, exact by the noncentral t distribution; for a binary outcome
// that of the two-proportion z test (J. L. Fleiss, "Statistical Methods for
// Rates and Proportions", 1981, without continuity correction). For clusters
// the variance is multiplied by the design effect
//
//	1 + ((1 + cv²)·m − 1)·ρ
//
// with m the mean and cv the coefficient of variation of cluster sizes and ρ
// the intra-cluster correlation (S. M. Eldridge, D. Ashby and S. Kerry, Int. J.
// Epidemiology 35, 2006), and the test has the number of clusters less two
// degrees of freedom. Covariates take away their share of the variance within
// and between clusters. With imperfect take-up, the effect among takers is
// diluted to (take-up difference) × effect before it is compared with noise.
//
// The formulas assume that the outcome's variance, the correlation and the
// take-up are known. They never are: compute a range. [Trial.Simulate] draws
// whole trials and analyses them as they will be analysed, and so checks the
// formula's approximations, not its assumptions.
package design
