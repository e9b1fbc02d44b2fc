// Package moment reads rows once and keeps the sums that every linear model is
// made of: for each cluster the matrix of cross-products of all columns, the
// outcome among them.
//
// # Why moments
//
// Write Z for the matrix whose columns are a constant, the covariates (a
// category as one 0/1 column a level) and the outcomes. Least squares, with or
// without weights, Lin's adjusted estimator, two-stage least squares and every
// cluster-robust variance are functions of the matrices
//
//	G_g = sum over rows i of cluster g of w_i z_i z_i'
//
// alone. They are additive: the moments of a table are the sum of the moments
// of its parts, so a table can be read once, in parts, in any number of
// threads, and never has to fit in memory. Only the moments of the model's rows
// are kept; their size is clusters times columns squared, whatever the number
// of rows.
//
// # What moments are not
//
// Moments are not anonymous. A cluster with few people, or a pair of levels
// that only one person has, can be read off them. They are working files that
// stay where the data are; estimates leave, after disclosure control.
//
// Moments serve linear models only. Quantiles, general non-linear models and
// machine-learned nuisance functions need the rows. Variances robust to
// heteroskedasticity without clusters need the residuals row by row; Each gives
// a second pass over the same rows for that.
//
// # Rows that are used
//
// A row enters when it satisfies every Condition of the Spec and has a value in
// every column the Spec names: listwise deletion, the rule of R's lm and Stata's
// regress. It is unbiased when values are missing completely at random, or at
// random given the covariates of the model, and otherwise may not be; how many
// rows fell out, and by which column, is reported and should be. Rows of weight
// zero are left out and counted. Infinite numbers and negative weights are
// refused.
//
// # Numerical method
//
// Numbers are shifted by a pilot mean, taken from the first rows, before they
// are multiplied, so that a covariate with a large mean and a small spread
// loses no digits (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
// computing the sample variance", The American Statistician 37, 1983). For
// whole-number columns the shift is whole, and for categories the sums are
// counts: then every moment is exact as long as it is below 2^53. With
// Precision DoubleDouble each product and sum carries 106 bits; that is for
// ill-conditioned data and slower.
//
// The rows of a cluster are added in row order by one thread, in pieces whose
// borders depend on the data only, and pieces and clusters are summed in a fixed
// order. The same rows in the same order therefore give the same bits for any
// number of threads and any batch size. Another row order changes the last
// digits only.
package moment
