package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// The secret can be exchanged: what the former one sealed is sealed anew at the start.
// Without a secret, or with another than it is sealed with, the program does not start
// where something would be lost, and nothing has changed.
func TestSecretIsExchanged(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		dir := t.TempDir()
		start := func(secret, former seal.Secret) (*house, error) {
			t.Helper()
			h, err := open(t.Context(), settings{
				Database: address, Files: "file://" + dir, BaseURL: "http://localhost", Demo: true, Log: slog.New(slog.DiscardHandler), Secret: secret, Former: former,
				Clock: func(context.Context, *db.DB) (clock.Clock, error) {
					return clock.NewMovable(time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)), nil
				},
			}, true)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.furnish(t.Context()); err != nil {
				return nil, errors.Join(err, h.close())
			}
			return h, nil
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		as := func(h *house, who string) context.Context {
			t.Helper()
			a, err := h.people.Actor(t.Context(), who)
			must(err)
			return access.With(t.Context(), a)
		}
		refused := func(what string, secret, former seal.Secret) {
			t.Helper()
			h, err := start(secret, former)
			if err == nil {
				must(h.close())
			}
			if err == nil || !strings.Contains(err.Error(), "FUNN_SECRET") {
				t.Errorf("%s: it starts: %v", what, err)
			}
		}
		first, second := seal.NewSecret(), seal.NewSecret()
		h, err := start(seal.Secret{}, seal.Secret{})
		must(err) // there is nothing to lose yet
		must(h.close())
		h, err = start(first, seal.Secret{})
		must(err)
		must(h.load(t.Context(), time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)))
		calls, err := h.calls.Kind.List(asSystem(t.Context()), *new(db.Where).In("r.state", call.Open1, call.Draft), "r.number", 0, 0)
		must(err)
		var opened, draft *call.Call
		for _, c := range calls {
			if c.State == call.Draft {
				draft = c
			} else if c.Key.V != nil {
				opened = c
			}
		}
		forsker := as(h, "forsker")
		x, err := h.applications.Start(forsker, opened.ID)
		must(err)
		for part, values := range map[string]application.Values{
			"prosjekt":    {"title": {"Tittel"}, "lang": {"nb"}, "starts": {"01.08.2023"}, "months": {"24"}, "asked": {"3000000"}},
			"institusjon": {"institution": {"NORCE"}, "leader": {"Leder"}, "email": {"leder@example.org"}},
			"ide":         {"summary": {"Sammendrag"}, "relevance": {"Nytte"}}, "opplegg": {"questions": {"Hvorfor"}, "methods": {"Metode"}, "use": {"Bruk"}},
		} {
			_, err := h.applications.Save(forsker, x.ID, part, 0, values)
			must(err)
		}
		_, err = h.applications.Submit(forsker, x.ID, "")
		must(err)
		_, err = h.calls.Kind.Do(as(h, "fou"), draft.ID, "name_holders", record.Input{Values: form.Of("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg")})
		must(err)
		must(h.close())

		refused("without a secret", seal.Secret{}, seal.Secret{})
		refused("with another", second, seal.Secret{})
		refused("with two others", second, seal.NewSecret())
		reads := func(h *house, holder string) {
			t.Helper()
			forsker := as(h, "forsker")
			d, err := h.applications.Draft(forsker, x)
			if err != nil || d.Parts["ide"].Values["summary"][0] != "Sammendrag" {
				t.Errorf("the draft is %v, %v", d.Parts, err)
			}
			if _, content, err := h.applications.Copy(forsker, x, 1); err != nil || content.Title != "Tittel" {
				t.Errorf("the copy is %q, %v", content.Title, err)
			}
			if part, err := h.calls.FetchPart(as(h, holder), draft.ID); err != nil || seal.Commitment(part) == "" {
				t.Errorf("%s's part of the key: %v", holder, err)
			}
			must(h.close())
		}
		h, err = start(first, seal.Secret{})
		must(err)
		reads(h, "fou")
		h, err = start(second, first)
		must(err)
		reads(h, "jurist")
		h, err = start(second, seal.Secret{})
		must(err)
		reads(h, "utvalg")
		refused("with the former", first, seal.Secret{})
	})
}
