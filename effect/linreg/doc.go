// Package linreg estimates linear models and says how uncertain the estimates
// are: least squares with and without weights, adjusted comparisons of trial
// arms, compliers' effects by instruments, and differences in means as drawn,
// with variances for independent rows, clusters in one or two dimensions, and
// small numbers of clusters.
//
// Everything is computed from moments (package moment): one scan of the data
// whatever the number of models, a second one where a variance needs the
// residual of each row, two where effects are absorbed (package absorb). Run
// and RunAll do the scans; FromMoments takes moments made elsewhere.
//
// # Least squares
//
// With X the columns of the model, y the outcome and W the weights (1 without),
//
//	b = (X'WX)^-1 X'Wy,   e = y - Xb.
//
// In a trial b on the treatment estimates the average effect because the draw
// makes treatment independent of everything else; adjusting for covariates known
// beforehand makes it more precise (D. A. Freedman's warning that it can also do
// harm is met by Lin and a robust variance). In observational data b is the
// difference between units that are alike in the other columns: an effect only if
// no unobserved difference remains, which no output of this package can show.
//
// Weights count how much a row stands for. They are taken as fixed; that weights
// estimated from the same data add uncertainty (inverse probability weights, say)
// is not in the variance. They are not frequencies: two rows of weight 1 and one
// of weight 2 give the same b but not the same standard error.
//
// # Adjusted comparisons of arms
//
// Lin builds y ~ treatment + x + treatment * (x - mean of x), whose coefficient of
// the treatment is the difference between arms at the average covariates. It
// must only use covariates that treatment cannot have changed. With many
// covariates for the size of the smallest arm (more than about a twentieth of its
// rows) the plain model is steadier. For draws within blocks, Lin on the blocks
// weighs the blocks' differences by their size.
//
// Means compares arms without a model, by the way they were drawn.
//
// # Instruments
//
// Offered treatment is not always taken. With Z the draw and D what was taken,
// two-stage least squares estimates
//
//	b = (X'P X)^-1 X'P y,   P = Z (Z'Z)^-1 Z',
//
// the average effect on those who take treatment when, and only when, drawn for
// it, provided that the draw works through D alone (exclusion) and makes nobody
// do the opposite (monotonicity); see J. D. Angrist, G. W. Imbens and D. B. Rubin,
// "Identification of causal effects using instrumental variables", JASA 91, 1996.
// It says nothing of those who would always, or never, take it. FirstStage tells
// how much Z moves D. Below an F of 10 the estimate is biased towards least
// squares and its interval too narrow, and a warning says so; intervals that hold
// for any strength (Anderson and Rubin) are the test of Z in the regression of
// y - b0 D on Z.
//
// # Variances
//
// With M = (X'WX)^-1 and leverage h_i = w_i x_i'M x_i:
//
//	iid   s^2 M, s^2 = sum w e^2 / (n-k)
//	HC0   M (sum w^2 e^2 x x') M                         White (1980)
//	HC1   HC0 n/(n-k)
//	HC2   e^2 / (1-h)                                    Horn, Horn and Duncan (1975)
//	HC3   e^2 / (1-h)^2                                  MacKinnon and White (1985)
//	CR0   M (sum over clusters X_g'W e_g e_g'W X_g) M    Liang and Zeger (1986)
//	CR1   CR0 G/(G-1) (n-1)/(n-k)
//	CR2   X_g'W A_g e_g with A_g = (I - H_gg)^-1/2       Bell and McCaffrey (2002)
//	CR3   the same with (I - H_gg)^-1                    close to the jackknife
//
// Use iid only when errors are known to be alike; HC2 for trials of persons (in
// a two-arm comparison it is Neyman's variance); clusters whenever units were
// drawn in groups, or outcomes within a group are alike and the groups are a
// sample, and then the groups that were drawn, not smaller ones. CR0 and CR1 are
// right with many clusters of similar size, 40 or more. CR2 is right in
// expectation under equal spread whatever the number, and is compared with t on
// Satterthwaite's degrees of freedom
//
//	nu = (sum_g Omega_gg)^2 / sum_gh Omega_gh^2,
//
// the variance of the variance under equal spread, which fall far below G-1 when
// few clusters carry the information (few treated, very unequal sizes). See R. M.
// Bell and D. F. McCaffrey, "Bias reduction in standard errors for linear
// regression with multi-stage samples", Survey Methodology 28, 2002; J. E.
// Pustejovsky and E. Tipton, "Small-sample methods for cluster-robust variance
// estimation and hypothesis testing in fixed effects models", JBES 36, 2018; G. W.
// Imbens and M. Kolesar, "Robust standard errors in small samples: some practical
// advice", Review of Economics and Statistics 98, 2016. CR3 errs on the side of
// caution. CR0, CR1 and weighted CR3 are compared with t(G-1), HC with t(n-k).
// With weights CR2's working model is equal spread, as in clubSandwich.
//
// Two dimensions of clusters: V = V_a + V_b - V_ab for CR0 and CR1, with t on the
// smaller number of clusters less one (A. C. Cameron, J. B. Gelbach and D. L.
// Miller, "Robust inference with multiway clustering", JBES 29, 2011). It needs
// many clusters in both.
//
// Fewer than six clusters: no variance is good. Use randomisation inference
// (package infer), or WildCluster with ten or more.
//
// # Categories and collinear columns
//
// A category is coded by its levels but one when the model has the constant, or
// the same product without the category; the one left out is Model.Reference, or
// the first in order. A column that the columns before it determine, up to a
// share of 1e-14 of its variance (the tolerance of R's lm), is dropped and named
// with those that determine it. The share does not depend on units or on where
// zero is. Columns are never reordered, so what is kept can be decided by the
// order of terms. If an effect in Model.Focus is involved the model is refused
// instead, because its coefficient would then depend on which column happened to
// be dropped.
//
// # Numerical method
//
// X'WX is formed from shifted moments and factored in double-double arithmetic.
// When the condition of the columns' correlations, the fit, or a nearly dependent
// column would leave fewer than nine right digits, the moments are taken again
// with 32 digits, and the result says so. When the data's own rounding to
// float64 is magnified to 1e-8 a warning tells how many digits are certain, and
// from 1e-3 on the model is refused. On NIST's Longley data the coefficients have
// eleven right digits, on Filip's polynomial, which most packages cannot fit,
// seven, which is what the rounding of its powers leaves.
//
// Leverages, scores and the eigenvalues for CR2 and CR3 are computed on an
// orthonormal basis of the columns, cluster by cluster, from moments alone: the
// rows of a cluster are never needed together, so clusters of a million rows cost
// what clusters of ten do. Where the columns depend on each other so much that
// this would lose digits, the basis is computed row by row in a second pass, which
// loses half as many.
package linreg
