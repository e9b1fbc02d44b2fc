package chart_test

import "funn/internal/platform/chart"

func chartCSS() string { return chart.CSS }
