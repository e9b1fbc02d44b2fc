package linreg_test

import (
	"context"
	"fmt"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// A trial of two arms in six offices that were drawn as a whole.
func ExampleRun() {
	arm := []string{"no", "no", "no", "no", "no", "no", "yes", "yes", "yes", "yes", "yes", "yes"}
	office := []int64{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}
	weeks := []float64{21, 24, 19, 20, 25, 23, 18, 17, 20, 21, 15, 18}
	src, err := data.NewMemory(data.Strings("arm", arm), data.Ints("office", office), data.Floats("weeks", weeks))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := linreg.Run(context.Background(), src, linreg.Model{
		Outcome: "weeks", Terms: linreg.Terms(moment.Category("arm")), Reference: map[string]string{"arm": "no"},
		Cluster: []string{"office"}, VCov: linreg.CR2, Focus: []moment.Term{moment.Category("arm")},
	}, linreg.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _ := r.Coefficient("arm=yes")
	fmt.Printf("%.3f weeks, from %.3f to %.3f, %.1f degrees of freedom\n", c.Estimate, c.Low, c.High, c.DF)
	for _, w := range r.Warnings {
		fmt.Println(w.Code)
	}
	// Output:
	// -3.833 weeks, from -8.796 to 1.129, 4.0 degrees of freedom
}

// The same offices compared as they were drawn.
func ExampleMeans() {
	src, err := data.NewMemory(
		data.Strings("arm", []string{"no", "no", "no", "no", "yes", "yes", "yes", "yes"}),
		data.Floats("weeks", []float64{21, 24, 19, 20, 18, 17, 20, 21}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := linreg.Means{Outcome: "weeks", Arm: "arm", Control: "no", Treated: "yes"}
	d, err := m.Estimate(context.Background(), src, linreg.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %.2f (%.2f), means %.2f and %.2f\n", d.Design, d.Coefficient.Estimate, d.SE, d.Mean[0], d.Mean[1])
	// Output:
	// simple: -2.00 (1.41), means 21.00 and 19.00
}
