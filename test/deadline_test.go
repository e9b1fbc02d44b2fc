package test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"funn/internal/app"
	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
	"funn/internal/platform/web"
)

// rush is a call that many answer at once.
type rush struct {
	*site
	call    record.Head
	parts   map[string]string
	due     time.Time
	writers []*writer
	file    string // question that is answered with a file
}

var dueInTheDemo = time.Date(2023, 3, 15, 11, 0, 0, 0, time.UTC)

// rushed opens the demo's call, and lets n applicants write all but their attachment.
func rushed(t testing.TB, s *site, n int) *rush {
	t.Helper()
	r := &rush{site: s, due: dueInTheDemo}
	r.call, r.parts = s.finished(t, withAttachment)
	if err := s.Move(t.Context(), time.Date(2023, 2, 1, 8, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	k, _ := s.Engine.Kind("person")
	people := k.(*record.Kind[*org.Person])
	var ids []string
	err := s.Engine.DB.Tx(app.AsSystem(t.Context()), func(ctx context.Context) error {
		for i := range n {
			p := &org.Person{Head: record.Head{ID: "soker-" + strconv.Itoa(i), Title: "Søker " + strconv.Itoa(i), Lang: "nb"}, Email: fmt.Sprintf("soker%d@example.org", i)}
			p.Grants.V = []org.Grant{{Role: org.Researcher}}
			if err := people.Import(ctx, p, "test"); err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		s.as(t, id) // logs in, one after another: the site's list is not for many at once
	}
	r.writers = make([]*writer, n)
	next := make(chan int)
	var hands sync.WaitGroup
	for range 8 {
		hands.Go(func() {
			for i := range next {
				w := s.sketch(t, ids[i], r.call.ID)
				w.whole(t, "Idé "+strconv.Itoa(i))
				r.writers[i] = w
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	hands.Wait()
	r.file = r.writers[0].question(t, "ide")
	return r
}

// sends sends what is written, and says whether that was acknowledged.
func (w *writer) sends(t testing.TB, key string) bool {
	t.Helper()
	res := w.send(t, w.at+"/send", values("_key", key))
	switch {
	case res.StatusCode == http.StatusSeeOther && res.Header.Get("Location") == w.at:
		return true
	case res.StatusCode != http.StatusGone && res.StatusCode != http.StatusConflict && !w.rushed:
		t.Errorf("%s sends: %d", w.person, res.StatusCode)
	}
	return false
}

// sent gives the numbers of what is stored as sent.
func (r *rush) sent(t testing.TB) []string {
	t.Helper()
	numbers, err := db.All[string](t.Context(), r.Engine.DB, "SELECT number FROM record WHERE kind = 'sketch' AND state = $1 ORDER BY number", application.Submitted)
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// opened closes the call, lets two open it, and gives what is open by number.
func (r *rush) opened(t testing.TB) map[string]*application.Submission {
	t.Helper()
	if err := r.Move(t.Context(), r.due.Add(call.Grace+time.Second)); err != nil {
		t.Fatal(err)
	}
	page := "/utlysning/" + r.call.Number
	for _, person := range []string{"fou", "utvalg"} {
		if status, body := r.post(t, person, page+"/gi-nokkeldel", values("part", r.parts[person])); status != http.StatusSeeOther {
			t.Fatalf("%s gives their part: %d\n%s", person, status, body)
		}
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, body := r.get(t, "fou", page+"/nokkel"); strings.Contains(body, "ble åpnet") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is never open")
		}
	}
	k, _ := r.Engine.Kind("sketch")
	list, err := k.(*application.Kind).List(app.AsSystem(t.Context()), *new(db.Where).And("b.call = ?", r.call.ID), "r.number", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*application.Submission{}
	for _, x := range list {
		if x.HasFlag(application.Opened) {
			out[x.Number] = x
		}
	}
	return out
}

// F7: the same form sent sixteen times at once is one version, with one receipt.
func TestSentManyTimesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		forms := 10
		if os.Getenv("FUNN_GATE") == "full" {
			forms = 50
		}
		r := rushed(t, s, forms)
		var all sync.WaitGroup
		for _, w := range r.writers {
			key := web.NewKey()
			for range 16 {
				all.Go(func() {
					if !w.sends(t, key) {
						t.Errorf("%s was told no", w.person)
					}
				})
			}
		}
		all.Wait()
		for table, query := range map[string]string{
			"versions": "SELECT count(*) FROM submission_version", "receipts": "SELECT count(DISTINCT receipt) FROM submission_version",
			"events": "SELECT count(*) FROM event WHERE kind = 'sketch' AND command = 'submit'",
		} {
			if n, err := db.One[int](t.Context(), s.Engine.DB, query); err != nil || n != forms {
				t.Errorf("%d %s of %d forms, %v", n, table, forms, err)
			}
		}
	})
}

// F8: after the deadline a new sending is refused, and the form that was accepted
// before it is answered as it was then, with nothing new stored. It stays so when the
// clock is set back, before the call has closed and after.
func TestRepeatedAfterTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		r := rushed(t, s, 2)
		w, late := r.writers[0], r.writers[1]
		key := web.NewKey()
		if !w.sends(t, key) {
			t.Fatal("it is not sent")
		}
		receipt := regexp.MustCompile(`[0-9a-f]{64}`)
		_, page := s.get(t, w.person, w.at)
		hash := receipt.FindString(page)
		versions := s.CountRows(t.Context(), "submission_version")
		try := func(when string) {
			t.Helper()
			if res := w.send(t, w.at+"/send", values("_key", key)); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != w.at {
				t.Errorf("%s: the form that was accepted is answered with %d to %q", when, res.StatusCode, res.Header.Get("Location"))
			}
			if status, page := s.get(t, w.person, w.at); status != http.StatusOK || receipt.FindString(page) != hash || hash == "" {
				t.Errorf("%s: the receipt is %q, was %q", when, receipt.FindString(page), hash)
			}
			for _, other := range []*writer{w, late} {
				if status, body := s.post(t, other.person, other.at+"/send", values("_key", web.NewKey())); status != http.StatusGone && status != http.StatusConflict || !strings.Contains(body, "Fristen var") && !strings.Contains(body, "tar ikke imot") {
					t.Errorf("%s: %s sends anew: %d", when, other.person, status)
				}
			}
			// Another's form is nothing that was accepted.
			if status, _ := s.post(t, late.person, late.at+"/send", values("_key", key)); status != http.StatusGone && status != http.StatusConflict {
				t.Errorf("%s: with another's key: %d", when, status)
			}
			if n := s.CountRows(t.Context(), "submission_version"); n != versions {
				t.Errorf("%s: %s versions are stored, were %s", when, n, versions)
			}
		}
		after, running := r.due.Add(10*time.Second), s.Engine.Clock.(*clock.Movable)
		running.Forward(after)
		if status, _ := s.post(t, late.person, late.at+"/send", values("_key", web.NewKey())); status != http.StatusGone {
			t.Errorf("ten seconds late: %d, want 410", status)
		}
		try("ten seconds late")
		s.Engine.Clock = clock.NewMovable(after.Add(-time.Hour))
		if status, _ := s.post(t, late.person, late.at+"/send", values("_key", web.NewKey())); status != http.StatusGone {
			t.Errorf("with the clock set back: %d, want 410", status)
		}
		try("with the clock set back")

		// The control: without the latch what is late is taken once the clock is back.
		k, _ := s.Engine.Kind("call")
		c, err := k.(*call.Kind).Load(system(t.Context()), r.call.ID)
		if err != nil || len(c.Shut.V) != 1 {
			t.Fatalf("the latch is %v, %v", c.Shut.V, err)
		}
		latch, err := db.One[string](t.Context(), s.Engine.DB, "SELECT CAST(shut AS TEXT) FROM call WHERE id = $1", c.ID)
		if err != nil {
			t.Fatal(err)
		}
		set := func(shut string) {
			t.Helper()
			if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE call SET shut = $2 WHERE id = $1", c.ID, shut); err != nil {
				t.Fatal(err)
			}
		}
		set("{}")
		if !late.sends(t, web.NewKey()) {
			t.Error("without a latch it is refused too: the test sees nothing")
		}
		set(latch)
		versions = s.CountRows(t.Context(), "submission_version")

		s.Engine.Clock = running
		r.opened(t)
		try("opened")
		s.Engine.Clock = clock.NewMovable(after.Add(-time.Hour))
		try("opened, with the clock set back")
	})
}

// F5 through the pages: applicants send from before until after the deadline. Exactly
// what was acknowledged is there, whole, and is what is opened.
func TestDeadlineByPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		r := rushed(t, s, 40)
		if err := s.Move(t.Context(), r.due.Add(-1500*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		content := bytes.Repeat([]byte("Et vedlegg.\n"), 20_000)
		var mu sync.Mutex
		acked := map[string]int{} // number -> size of the attachment that was acknowledged
		var all sync.WaitGroup
		for i, w := range r.writers {
			all.Go(func() {
				time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond)
				mine := content[:len(content)-i]
				if res := w.attaches(t, r.file, "vedlegg.txt", mine, nil); res.StatusCode != http.StatusSeeOther {
					mine = nil
				}
				before := s.Engine.Clock.Now()
				ok := w.sends(t, web.NewKey())
				after := s.Engine.Clock.Now()
				if ok && before.After(r.due) || !ok && !after.After(r.due) {
					t.Errorf("begun %v before the deadline, answered %v before it: taken %v", r.due.Sub(before), r.due.Sub(after), ok)
				}
				if ok {
					mu.Lock()
					acked[strings.TrimPrefix(w.at, "/skisse/")] = len(mine)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(acked) == 0 || len(acked) == len(r.writers) {
			t.Fatalf("%d of %d were in time: the deadline was not raced", len(acked), len(r.writers))
		}
		stored := r.sent(t)
		if len(stored) != len(acked) {
			t.Errorf("%d are stored, %d were acknowledged", len(stored), len(acked))
		}
		open := r.opened(t)
		for number, size := range acked {
			x := open[number]
			if x == nil || x.Content.V == nil || !strings.HasPrefix(x.Content.V.Title, "Idé ") {
				t.Errorf("%s was acknowledged and is not opened", number)
				continue
			}
			if files := x.Content.V.Files; size == 0 && len(files) > 0 || size > 0 && (len(files) != 1 || files[0].Size != int64(size)) {
				t.Errorf("%s has the attachments %v, want one of %d bytes", number, files, size)
			}
		}
		if len(open) != len(acked) {
			t.Errorf("%d are opened, %d were acknowledged", len(open), len(acked))
		}
		t.Logf("%d of %d were in time", len(acked), len(r.writers))
	})
}

// A thousand applicants with 5 MB each in the last minute before the deadline, through
// the pages, in this process. FUNN_APPLICANTS says how many.
func BenchmarkLastMinute(b *testing.B) {
	n := 1000
	if text := os.Getenv("FUNN_APPLICANTS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	benchEach(b, func(b *testing.B, s *site) {
		r := rushed(b, s, n)
		s.as(b, "fou")
		s.as(b, "utvalg")
		content := bytes.Repeat([]byte("Et vedlegg som har noe å si for saken.\n"), 5<<20/40)
		if err := s.Move(b.Context(), r.due.Add(-time.Minute)); err != nil {
			b.Fatal(err)
		}
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // the peak is counted from here
		before := memory(b, "VmRSS")
		b.ResetTimer()
		var mu sync.Mutex
		var attached, sent times
		acked, refused := map[string]bool{}, 0
		var all sync.WaitGroup
		for _, w := range r.writers {
			w.rushed = true
			all.Go(func() {
				time.Sleep(time.Duration(rand.Int64N(int64(45 * time.Second))))
				var one, two times
				var ok, uploaded bool
				one.take(func() {
					uploaded = w.attaches(b, r.file, w.person+".txt", content, nil).StatusCode == http.StatusSeeOther
				})
				if uploaded {
					two.take(func() { ok = w.sends(b, web.NewKey()) })
				}
				mu.Lock()
				defer mu.Unlock()
				attached, sent = append(attached, one...), append(sent, two...)
				if ok {
					acked[strings.TrimPrefix(w.at, "/skisse/")] = true
				} else {
					refused++
				}
			})
		}
		all.Wait()
		b.StopTimer()
		peak := memory(b, "VmHWM")
		var opening times
		var open map[string]*application.Submission
		opening.take(func() { open = r.opened(b) })
		lost := 0
		for number := range acked {
			if x := open[number]; x == nil || len(x.Content.V.Files) != 1 || x.Content.V.Files[0].Size != int64(len(content)) {
				lost++
			}
		}
		if lost > 0 {
			b.Errorf("%d of %d that were acknowledged are lost", lost, len(acked))
		}
		r.readsBack(b, open, content)
		attached.report(b, "attach-5MB")
		sent.report(b, "send")
		b.ReportMetric(float64(len(acked)), "in-time")
		b.ReportMetric(float64(refused), "refused") // late, or the server was too busy
		b.ReportMetric(float64(len(open)-len(acked)), "in-without-answer")
		b.ReportMetric(float64(lost), "lost")
		b.ReportMetric(before, "MiB-before")
		b.ReportMetric(peak, "MiB-peak")
		b.ReportMetric(opening.at(.5).Seconds(), "opening-s")
	})
}

// readsBack reads a few of the attachments as the R&D section, to the last byte.
func (r *rush) readsBack(t testing.TB, open map[string]*application.Submission, content []byte) {
	t.Helper()
	want := sha256.Sum256(content)
	numbers := make([]string, 0, len(open))
	for number := range open {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers[:min(20, len(numbers))] {
		res, err := r.as(t, "fou").Get(r.URL + "/skisse/" + number + "/vedlegg/" + open[number].Content.V.Files[0].Stored)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, res.Body); err != nil || !bytes.Equal(h.Sum(nil), want[:]) {
			t.Errorf("the attachment of %s is not what was sent: %d, %v", number, res.StatusCode, err)
		}
		res.Body.Close()
	}
}

// memory gives a figure of this process's memory, in MiB.
func memory(t testing.TB, name string) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("this machine does not tell %s", name)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}
