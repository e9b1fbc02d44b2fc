package linreg_test

import (
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/internal/published"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// want is a reference value. df is not compared when it is 0.
type want struct {
	name         string
	estimate, se float64
	df           float64
}

// near fails unless got is within tol of want, relatively.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s = %.16g, want %.16g (relative error %.2g)", what, got, want, math.Abs(got/want-1))
	}
}

func check(t *testing.T, r *linreg.Result, wants ...want) {
	t.Helper()
	for _, w := range wants {
		c, ok := r.Coefficient(w.name)
		if !ok {
			t.Errorf("no coefficient %s", w.name)
			continue
		}
		near(t, r.VCov.String()+" "+w.name, c.Estimate, w.estimate, 1e-10)
		near(t, r.VCov.String()+" se of "+w.name, c.SE, w.se, 1e-9)
		if w.df != 0 {
			near(t, r.VCov.String()+" df of "+w.name, c.DF, w.df, 1e-6)
		}
	}
}

func run(t *testing.T, src data.Source, m linreg.Model, opts linreg.Options) *linreg.Result {
	t.Helper()
	r, err := linreg.Run(t.Context(), src, m, opts)
	if err != nil {
		t.Fatalf("Run %s: %v", m.Name, err)
	}
	return r
}

func numbers(names ...string) []linreg.Term {
	var out []linreg.Term
	for _, n := range names {
		out = append(out, linreg.Term{Term: moment.Number(n)})
	}
	return out
}

// Petersen's simulated panel: reference values by R 4.2.2 with sandwich 3.0-2
// (vcovHC, vcovCL with cadjust and multi0 as said), clubSandwich 0.5.8 (vcovCR,
// coef_test Satterthwaite) and estimatr 1.0.0, on lm(y ~ x).
func TestPetersen(t *testing.T) {
	src := published.Load(t, "petersen")
	const a, b = 0.02967972073451762, 1.034833439461696
	for _, c := range []struct {
		name    string
		vcov    linreg.VCov
		cluster []string
		opts    linreg.Options
		a, b    [2]float64 // standard error and degrees of freedom
	}{
		{"iid", linreg.IID, nil, linreg.Options{}, [2]float64{0.02835931626566531, 4998}, [2]float64{0.02858328779128334, 4998}},
		{"HC0", linreg.HC0, nil, linreg.Options{}, [2]float64{0.02835499952961548, 0}, [2]float64{0.02838948186763168, 0}},
		{"HC1", linreg.HC1, nil, linreg.Options{}, [2]float64{0.02836067223138865, 0}, [2]float64{0.02839516146794216, 0}},
		{"HC2", linreg.HC2, nil, linreg.Options{}, [2]float64{0.02836063855437796, 0}, [2]float64{0.02840078772502428, 0}},
		{"HC3", linreg.HC3, nil, linreg.Options{}, [2]float64{0.02836627982153126, 0}, [2]float64{0.02841210127043485, 0}},
		{"firm CR0", linreg.CR0, []string{"firm"}, linreg.Options{}, [2]float64{0.06693896121535167, 499}, [2]float64{0.05054004906051338, 499}},
		{"firm CR1", linreg.CR1, []string{"firm"}, linreg.Options{}, [2]float64{0.06701270369877281, 499}, [2]float64{0.05059572588402963, 499}},
		{"firm CR1 by groups", linreg.CR1, []string{"firm"}, linreg.Options{SmallSample: linreg.Groups}, [2]float64{0.06700600075264962}, [2]float64{0.05059066504621913}},
		{"firm CR2", linreg.CR2, []string{"firm"}, linreg.Options{}, [2]float64{0.06704093717314219, 498.6699968845422}, [2]float64{0.05067776674031269, 308.7563813189505}},
		{"firm CR3", linreg.CR3, []string{"firm"}, linreg.Options{}, [2]float64{0.06714314777985708, 498.6661089858027}, [2]float64{0.05081596631014614, 307.452928739749}},
		{"year CR1", linreg.CR1, []string{"year"}, linreg.Options{}, [2]float64{0.02338672110094892, 9}, [2]float64{0.03338891341192649, 9}},
		{"year CR2", linreg.CR2, []string{"year"}, linreg.Options{}, [2]float64{0.02339281421722667, 9.000006652307775}, [2]float64{0.03339608201601475, 8.989436078159921}},
		{"year CR3", linreg.CR3, []string{"year"}, linreg.Options{}, [2]float64{0.02466763500365873, 9.000046138189251}, [2]float64{0.03521420471900392, 8.987261805624158}},
		{"both, own groups", linreg.CR1, []string{"firm", "year"}, linreg.Options{}, [2]float64{0.06506391819938934, 9}, [2]float64{0.05355802294493782, 9}},
		// The three parts without factors, by vcovCL and vcovHC HC0, times 10/9 and 4999/4998.
		{"both, least groups", linreg.CR1, []string{"firm", "year"}, linreg.Options{TwoWay: linreg.MinGroups}, [2]float64{0.06806695266776774, 9}, [2]float64{0.05529739063535426, 9}},
		{"both, plain intersection", linreg.CR1, []string{"firm", "year"}, linreg.Options{TwoWay: linreg.PlainIntersection}, [2]float64{0.06506639057569272, 9}, [2]float64{0.05356103374514351, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, src, linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: c.vcov, Cluster: c.cluster}, c.opts)
			if c.a[0] != 0 {
				check(t, r, want{linreg.Intercept, a, c.a[0], c.a[1]})
			}
			check(t, r, want{"x", b, c.b[0], c.b[1]})
		})
	}
}

// The National Supported Work trial, sample of Dehejia and Wahba (1999), whose
// paper has 1,794 (633) and, adjusted, 1,672 (638). Reference values by R 4.2.2:
// lm, sandwich::vcovHC, estimatr::lm_lin (se_type HC2).
func TestNSWDehejiaWahba(t *testing.T) {
	src := published.Load(t, "nsw_dw445")
	model := func(v linreg.VCov, terms ...linreg.Term) linreg.Model {
		return linreg.Model{Outcome: "re78", Terms: terms, VCov: v}
	}
	check(t, run(t, src, model(linreg.IID, numbers("treat")...), linreg.Options{}),
		want{linreg.Intercept, 4554.801120215197, 408.045855579427, 443}, want{"treat", 1794.342381850089, 632.8533924143626, 443})
	check(t, run(t, src, model(linreg.HC2, numbers("treat")...), linreg.Options{}),
		want{linreg.Intercept, 4554.801120215197, 340.0930714851798, 443}, want{"treat", 1794.342381850089, 670.9965444673251, 443})
	adjusted := append(numbers("treat", "age"), linreg.Term{Term: moment.Number("age", "age")})
	adjusted = append(adjusted, numbers("educ", "nodegree", "black", "hisp", "re74", "re75")...)
	check(t, run(t, src, model(linreg.IID, adjusted...), linreg.Options{}),
		want{"treat", 1672.203123599173, 638.3966269477676, 435}, want{"age:age", -1.284412248626364, 4.431127000139113, 0},
		want{linreg.Intercept, -113.1887297459345, 4710.49084256248, 0}, want{"age", 130.7834842511366, 268.9860598900516, 0},
		want{"re74", 0.08206990772130339, 0.07739130974592448, 0})
	all := numbers("treat", "age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
	check(t, run(t, src, model(linreg.HC2, all...), linreg.Options{}),
		want{"treat", 1676.342625403066, 677.0491440183972, 435}, want{"re75", 0.05276410482299177, 0.1277465570026275, 0},
		want{linreg.Intercept, 785.0614233959726, 3306.397172466318, 0})
	check(t, run(t, src, model(linreg.HC3, all...), linreg.Options{}),
		want{"treat", 1676.342625403066, 685.3024746500668, 435}, want{"black", -2159.522157551232, 1041.932271727629, 0})
	lin := linreg.Lin(moment.Category("treat"), moment.Number("age"), moment.Number("educ"), moment.Number("black"), moment.Number("hisp"),
		moment.Number("marr"), moment.Number("nodegree"), moment.Number("re74"), moment.Number("re75"))
	check(t, run(t, src, model(linreg.HC2, lin...), linreg.Options{}),
		want{"treat=1", 1621.583081895854, 694.721569121303, 427}, want{"treat=1:age", 50.18845561247699, 91.19366396914616, 427},
		want{"treat=1:re75", 0.04298187570625228, 0.2859322559300365, 427}, want{"educ", 183.0769668277603, 203.4281002862028, 427})
}

// The larger sample of LaLonde (1986), whose paper has 886 (472). By R 4.2.2: lm
// and sandwich::vcovHC.
func TestNSWLaLonde(t *testing.T) {
	src := published.Load(t, "nsw_722")
	m := linreg.Model{Outcome: "re78", Terms: numbers("trt")}
	check(t, run(t, src, m, linreg.Options{}), want{"trt", 886.3037307037321, 472.0862583159387, 720})
	m.VCov = linreg.HC2
	check(t, run(t, src, m, linreg.Options{}), want{"trt", 886.3037307037321, 488.2045295361405, 720})
}

// Card (1995): .075 (.003) by least squares, .132 (.055) with nearness to a
// college as instrument. By R 4.2.2: lm, AER 1.2-10 ivreg, sandwich::vcovHC on
// it, estimatr 1.0.0 iv_robust (se_type HC2).
func TestCard(t *testing.T) {
	src := published.Load(t, "card")
	terms := numbers("educ", "exper", "expersq", "black", "smsa", "south", "smsa66",
		"reg662", "reg663", "reg664", "reg665", "reg666", "reg667", "reg668", "reg669")
	m := linreg.Model{Outcome: "lwage", Terms: terms}
	check(t, run(t, src, m, linreg.Options{}),
		want{"educ", 0.07469325559311772, 0.003498345658478707, 2994}, want{"expersq", -0.002287040653385322, 0.0003166261721399458, 0},
		want{"reg669", 0.1185697509342102, 0.03883005662150015, 0}, want{linreg.Intercept, 4.620806805403869, 0.07423272925426681, 0})
	m.Endogenous = []moment.Term{moment.Number("educ")}
	m.Instruments = []moment.Term{moment.Number("nearc4")}
	r := run(t, src, m, linreg.Options{})
	check(t, r, want{"educ", 0.1315038362449391, 0.05496367260119126, 2994}, want{"exper", 0.1082711061005908, 0.02365857108541217, 0},
		want{linreg.Intercept, 3.666150908423528, 0.9248295310141308, 0})
	if len(r.FirstStage) != 1 {
		t.Fatalf("%d first stages, want 1", len(r.FirstStage))
	}
	near(t, "first-stage F", r.FirstStage[0].F, 13.255785330577707, 1e-9)
	near(t, "p of first-stage F", r.FirstStage[0].P, 0.0002763400857293354, 1e-9)
	m.VCov = linreg.HC0
	check(t, run(t, src, m, linreg.Options{}), want{"educ", 0.1315038362449391, 0.05399952852541214, 0}, want{linreg.Intercept, 3.666150908423528, 0.9085355709341917, 0})
	m.VCov = linreg.HC1
	check(t, run(t, src, m, linreg.Options{}), want{"educ", 0.1315038362449391, 0.0541436235840022, 0})
	m.VCov = linreg.HC2
	m.Instruments = []moment.Term{moment.Number("nearc4"), moment.Number("nearc2")}
	check(t, run(t, src, m, linreg.Options{}), want{"educ", 0.1570593700242792, 0.05257721747071764, 0}, want{linreg.Intercept, 3.236710815697696, 0.8846983426026894, 0})
}

// Meyer, Viscusi and Durbin (1995), Kentucky: .191 (.069). By R 4.2.2: lm.
func TestInjury(t *testing.T) {
	src := published.Load(t, "injury")
	m := linreg.Model{
		Outcome: "ldurat", Terms: linreg.Terms(moment.Number("afchnge"), moment.Number("highearn"), moment.Number("afchnge", "highearn")),
		Where: []moment.Condition{{Column: "ky", Levels: []string{"1"}}},
	}
	r := run(t, src, m, linreg.Options{})
	if r.N != 5626 {
		t.Errorf("N = %d, want 5626", r.N)
	}
	check(t, r, want{"afchnge:highearn", 0.1906012006586782, 0.06850890532317093, 0}, want{linreg.Intercept, 1.125615408763126, 0.03073682637890988, 0})
	m.VCov = linreg.HC1
	check(t, run(t, src, m, linreg.Options{}), want{"afchnge:highearn", 0.1906012006586782, 0.06898195725768118, 0})
}

// Kiel and McClain, textbook version: -11,863.90 (7,456.65). By R 4.2.2: lm.
func TestKielMcClain(t *testing.T) {
	src := published.Load(t, "kielmc")
	m := linreg.Model{Outcome: "rprice", Terms: linreg.Terms(moment.Category("y81"), moment.Category("nearinc"), moment.Category("y81", "nearinc"))}
	check(t, run(t, src, m, linreg.Options{}),
		want{"y81=1:nearinc=1", -11863.90325211262, 7456.646173258864, 317}, want{"nearinc=1", -18824.37049941921, 4875.322145618746, 0},
		want{linreg.Intercept, 82517.22764227646, 2726.910070484644, 0})
}

// Card and Krueger (1994), table 3: 2.76 (1.36) for all restaurants, from rounded
// means, and 2.75 (1.34) for those seen twice (TestMeansCardKruegerBalanced). By R
// 4.2.2: lm(fte ~ nj*d). The standard error of the paper, which allows for
// restaurants seen twice, is between this and that clustered by restaurant (package
// did).
func TestCardKrueger(t *testing.T) {
	src := published.Load(t, "card_krueger")
	m := linreg.Model{Outcome: "fte", Terms: linreg.Terms(moment.Number("nj"), moment.Number("d"), moment.Number("nj", "d"))}
	check(t, run(t, src, m, linreg.Options{}),
		want{"nj:d", 2.753605782980566, 1.688409130909472, 790}, want{"nj", -2.891760731480399, 1.193523676216877, 790})
}

// Bertrand and Mullainathan (2004): 9.65 % against 6.45 % called back. By R
// 4.2.2: lm, sandwich::vcovHC HC1.
func TestResume(t *testing.T) {
	src := published.Load(t, "resume")
	m := linreg.Model{
		Outcome: "call", Terms: linreg.Terms(moment.Category("race")), Reference: map[string]string{"race": "white"}, VCov: linreg.HC1,
	}
	check(t, run(t, src, m, linreg.Options{}),
		want{"race=black", -0.03203285420944746, 0.007784969307159162, 0}, want{linreg.Intercept, 0.09650924024640689, 0.005985301318980616, 0})
}

// Stock and Watson's fatality panel with the effects as dummies: by R 4.2.2,
// lm(frate ~ beertax + state (+ factor(year))), sandwich::vcovCL HC1 by state,
// and clubSandwich 0.5.8 vcovCR CR2 with coef_test Satterthwaite.
func TestFatalitiesDummies(t *testing.T) {
	src := published.Derive(t, published.Load(t, "fatalities"), "frate", func(x []float64) float64 { return x[0] / x[1] * 10000 }, "fatal", "pop")
	m := linreg.Model{
		Outcome: "frate", Terms: linreg.Terms(moment.Number("beertax"), moment.Category("state")), VCov: linreg.CR1, Cluster: []string{"state"},
	}
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6558737221504386, 0.3148475930947404, 47})
	m.Terms = append(m.Terms, linreg.Term{Term: moment.Category("year")})
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6399799857068746, 0.3857867217923466, 47})
	m.VCov = linreg.CR2
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6399799857068746, 0.3751017604701606, 7.404790408152208})
}

// The same with the effects absorbed. Not counting effects nested in the
// clusters is fixest's rule, by which fixest 0.12.2 gives .2918556 and
// .3570783455; their further digits are sandwich::vcovCL HC0 without adjustment
// times 48/47 335/(336-K), K = 2 and 8. CR2 is as with dummies, because states
// are the clusters.
func TestFatalitiesAbsorbed(t *testing.T) {
	src := published.Derive(t, published.Load(t, "fatalities"), "frate", func(x []float64) float64 { return x[0] / x[1] * 10000 }, "fatal", "pop")
	m := linreg.Model{
		Outcome: "frate", Terms: linreg.Terms(moment.Number("beertax")), Absorb: []string{"state"}, VCov: linreg.CR1, Cluster: []string{"state"},
	}
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6558737221504386, 0.2918556415260641, 47})
	check(t, run(t, src, m, linreg.Options{CountNested: true}), want{"beertax", -0.6558737221504386, 0.3148475930947404, 47})
	m.Absorb = []string{"state", "year"}
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6399799857068746, 0.3570783455480932, 47})
	check(t, run(t, src, m, linreg.Options{CountNested: true}), want{"beertax", -0.6399799857068746, 0.3857867217923466, 47})
	m.Absorb = []string{"state"}
	m.Terms = append(m.Terms, linreg.Term{Term: moment.Category("year")})
	m.VCov = linreg.CR2
	check(t, run(t, src, m, linreg.Options{}), want{"beertax", -0.6399799857068746, 0.3751017604701606, 7.404790408152208})
}

// Holzer and others' job training panel, textbook version: -.422 (.210). By R
// 4.2.2: lm(lscrap ~ d88 + d89 + grant + grant_1 + factor(fcode)).
func TestJobTraining(t *testing.T) {
	src := published.Load(t, "jtrain")
	m := linreg.Model{Outcome: "lscrap", Terms: numbers("d88", "d89", "grant", "grant_1"), Absorb: []string{"fcode"}}
	r := run(t, src, m, linreg.Options{})
	if r.N != 162 {
		t.Errorf("N = %d, want 162", r.N)
	}
	wants := []want{
		{"d88", -0.08021567496622201, 0.109475127719721, 104},
		{"d89", -0.2472027940364601, 0.1332182913918944, 104},
		{"grant", -0.2523148738147926, 0.1506289943545004, 104},
		{"grant_1", -0.4215895085292143, 0.2101999644184929, 104},
	}
	check(t, r, wants...)
	m.Absorb = nil
	m.Terms = append(m.Terms, linreg.Term{Term: moment.Category("fcode")})
	check(t, run(t, src, m, linreg.Options{}), wants...)
}
