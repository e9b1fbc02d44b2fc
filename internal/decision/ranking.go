package decision

import (
	"context"

	"funn/internal/application"
	"funn/internal/call"
)

// Line is one case in the ranked list of a call.
type Line struct {
	Case   *application.Submission
	Place  int   // among those that the reader may see, from 1
	Ore    int64 // what it takes of the frame
	SumOre int64 // of it and those above it
	Within bool  // the sum is within the frame
}

// Table is the ranked list of a call as one reader sees it.
type Table struct {
	Lines    []Line
	Hidden   int // cases that the reader may not deal with; what they take stands in no sum
	FrameOre int64
	SumOre   int64
}

// Over says whether the cases take more than the frame.
func (t Table) Over() bool { return t.FrameOre != call.Unknown && t.SumOre > t.FrameOre }

// Alternative is a way to share out the frame that nobody has proposed: other amounts
// for some cases, and perhaps a line below which nobody gets anything.
type Alternative struct {
	Ore map[string]int64 // by number of the case
	Cut int              // places above the line; 0 draws none
}

// Table gives the ranked list of a call as the context's actor may see it, with what
// is proposed, or with an alternative to it that is saved nowhere.
func (s *Service) Table(ctx context.Context, c *call.Call, alt *Alternative) (Table, error) {
	ranked, err := s.cases.Ranked(ctx, c.ID)
	if err != nil {
		return Table{}, err
	}
	t := Table{FrameOre: c.FrameOre}
	for _, x := range ranked {
		if !s.cases.Applications.May(ctx, x) {
			t.Hidden++
			continue
		}
		l := Line{Case: x, Place: len(t.Lines) + 1}
		if x.Answer.V.Grants() {
			l.Ore = x.Answer.V.Ore
		}
		if alt != nil {
			if ore, ok := alt.Ore[x.Number]; ok {
				l.Ore = ore
			}
			if alt.Cut > 0 && l.Place > alt.Cut {
				l.Ore = 0
			}
		}
		t.SumOre += l.Ore
		l.SumOre = t.SumOre
		l.Within = c.FrameOre != call.Unknown && l.SumOre <= c.FrameOre
		t.Lines = append(t.Lines, l)
	}
	return t, nil
}
