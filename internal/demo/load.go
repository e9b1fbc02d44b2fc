// Package demo fills an empty Funn with what Nav's research and development
// really was in 2022, each fact with its source (package facts), and with
// examples for what the sources lack.
//
// What the sources tell is imported in the state it had. The examples are played
// through by the commands of the demo's persons on a clock that walks through
// 2022, so that their history, tasks and days in state are those of real use.
package demo

import (
	"context"
	"fmt"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/commission"
	"funn/internal/decision"
	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/uptake"
)

// House is what the loader fills.
type House struct {
	Engine       *record.Engine
	People       *org.Directory
	Plans        *plan.Service
	Calls        *call.Service
	Applications *application.Service
	Assessments  *assessment.Service
	Decisions    *decision.Service
	Commissions  *commission.Service
	Needs        *need.Service
	Projects     *project.Service
	Publications *publication.Service
	Uptakes      *uptake.Service
}

// Load fills an empty house as it stands at the moment start. The context must
// carry the system as its actor; its transaction, if any, makes it all or nothing.
func Load(ctx context.Context, h House, start time.Time) error {
	l := &loader{House: h, start: start, ids: map[string]string{}, paths: map[string]string{}}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"units", l.units}, {"offices and counties", l.offices}, {"organisations", l.organisations}, {"persons", l.persons}, {"plan", l.plan},
		{"calls", l.calls}, {"framework agreements", l.agreements}, {"projects", l.projects}, {"reports", l.reports}, {"examples", l.examples},
		{"example of a call before the committee", l.assessedCall},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("load %s: %w", step.what, err)
		}
	}
	return nil
}

type loader struct {
	House
	start time.Time
	ids   map[string]string // key of a fact -> id of the record it became
	paths map[string]string // key of a unit -> its path
}

// id gives the record that a fact became.
func (l *loader) id(key string) (string, error) {
	id, ok := l.ids[key]
	if !ok {
		return "", fmt.Errorf("no record for %q", key)
	}
	return id, nil
}

// known is when records that the sources do not date entered Funn: as the
// report's year closes.
func (l *loader) known() time.Time { return l.start }

const note = "Fra kilden"
