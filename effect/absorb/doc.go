// Package absorb takes fixed effects out of a regression: effects of
// categories with very many levels, such as persons, offices and months, that
// the analysis must hold constant but nobody wants to read.
//
// # Method
//
// By the theorem of Frisch, Waugh and Lovell the coefficients of X in a
// regression of y on X and dummies D are those of y's residual on X's residuals
// after each has been regressed on D alone. For a column v that takes solving
// D'WD a = D'Wv for one number a level; the residual is v - D a. Everything but
// the last step needs only sums by level and counts by pairs of levels, so the
// data are read twice: once for the sums and once to subtract.
//
//   - One category: a is the mean of v by level.
//   - Several: the levels of the largest category are eliminated exactly, which
//     leaves the Schur complement S = D2'D2 - D2'D1 (D1'D1)^-1 D1'D2 for the
//     others. Up to 512 of these it is factored (and refined once); above, it is
//     solved by conjugate gradients preconditioned by its diagonal, on S formed
//     as a sparse matrix where it is small and on its factors otherwise.
//
// The conjugate gradients stop when the residual of S a = r, scaled by the
// levels' sizes, is 1e-13 of where it began, or when rounding keeps it from
// falling; Within.Residual reports what was reached, always by computing S a
// afresh. Packages that alternate projections stop on the change of the
// coefficients instead, which on weakly connected data (few movers between
// firms) says little about the distance from the solution.
//
// Sources: S. Correia, "Linear models with high-dimensional fixed effects: an
// efficient and feasible estimator" (2016); J. M. Abowd, R. H. Creecy and F.
// Kramarz, "Computing person and firm effects using linked longitudinal
// employer-employee data" (2002), also for counting the effects that can be told
// apart: levels less connected groups, exactly for two categories, and at most
// levels less one for each further one.
//
// # Not for
//
// Effects that are themselves the question (they are not reported, and are
// estimated poorly where levels have few rows), and non-linear models, where
// absorbing does not carry over and few rows a level bias the other
// coefficients (the incidental parameters problem).
package absorb
