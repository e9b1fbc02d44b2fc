// Package example holds a worked example of each design: a plan and the data
// to run it on. The data are generated, the same to the last digit every
// time, and describe nobody; every effect in them is known, so that an
// analyst can see what each estimator recovers.
package example

import (
	"bufio"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"funn/effect/plan"
)

//go:embed plans/*.yaml
var plans embed.FS

// Example is a plan with data to run it on.
type Example struct {
	// Name is the design's name, and that of its folder.
	Name string
	// Title says what is studied, and Truth which effect the data were made with.
	Title, Truth plan.Label

	data func(g *generator)
}

// Main is the example that comes first: whole offices are drawn.
const Main = "cluster"

// All lists the examples, the main one first.
func All() []Example {
	return []Example{
		{
			"cluster",
			plan.Label{NB: "En SMS før det første møtet, trukket kontor for kontor", EN: "A text message before the first meeting, drawn by office"},
			plan.Label{NB: "6 flere av 100 kommer i jobb", EN: "6 more of 100 get a job"},
			clusterData,
		},
		{
			"individual",
			plan.Label{NB: "Et kurs, trukket person for person, der noen ikke svarer etterpå", EN: "A course, drawn by person, with some who drop out of the survey"},
			plan.Label{NB: "3000 kroner mer i måneden", EN: "3,000 kroner more a month"},
			individualData,
		},
		{
			"blocked",
			plan.Label{NB: "Brev og samtale, trukket innen fylke", EN: "A letter and a call, drawn within county"},
			plan.Label{NB: "brev gir 2, samtale 7 flere av 100 i jobb", EN: "letter 2, call 7 more of 100 get a job"},
			blockedData,
		},
		{
			"pairs",
			plan.Label{NB: "En ny måte å arbeide på, ett kontor trukket fra hvert par", EN: "A new way to work, one office drawn from each pair"},
			plan.Label{NB: "4 dager mindre på stønad", EN: "4 days fewer on benefit"},
			pairsData,
		},
		{
			"encouragement",
			plan.Label{NB: "Et tilbud om mentor, som ikke alle tar imot", EN: "An offer of mentoring, not taken up by all"},
			plan.Label{NB: "10 flere av 100 av dem som tok imot, kommer i jobb", EN: "10 more of 100 among those who took it up get a job"},
			encouragementData,
		},
		{
			"did",
			plan.Label{NB: "En regel som ble endret i noen kommuner, før og etter", EN: "A rule changed in some municipalities, before and after"},
			plan.Label{NB: "5 dager mindre sykefravær", EN: "5 days fewer on sick leave"},
			didData,
		},
		{
			"event_study",
			plan.Label{NB: "Kontorer som alle starter i samme kvartal, fulgt over tid", EN: "Offices that all start in the same quarter, followed over time"},
			plan.Label{NB: "vokser med ett poeng i kvartalet fra start", EN: "growing by 1 point a quarter from the start"},
			eventData,
		},
		{
			"panel",
			plan.Label{NB: "Kontorenes bemanning og tid til vedtak, med faste effekter av kontor og måned", EN: "Offices' staffing and time to decision, office and month fixed effects"},
			plan.Label{NB: "2 dager mindre for hver ansatt til", EN: "2 days fewer per extra person"},
			panelData,
		},
		{
			"observational",
			plan.Label{NB: "De som valgte et kurs og de som ikke gjorde det, sammenliknet ved regresjon", EN: "Those who chose a course and those who did not, compared by regression"},
			plan.Label{NB: "ingen effekt; forskjellen slik den ser ut, kommer av hvem som valgte", EN: "no effect; the naive difference is due to who chose"},
			observationalData,
		},
	}
}

// Plan is the example's plan file.
func (e Example) Plan() []byte {
	text, err := plans.ReadFile("plans/" + e.Name + ".yaml")
	if err != nil {
		panic(err) // the files are part of the program
	}
	return text
}

// WriteData writes the example's data as CSV.
func (e Example) WriteData(w io.Writer) error {
	g := newGenerator(w, e.Name)
	e.data(g)
	return g.close()
}

// Write writes plan.yaml and data.csv of the main example to a folder, and
// those of the other designs to folders below it, named by design. It returns
// the folders. Files that exist are not overwritten but refused.
func Write(dir string) ([]string, error) {
	var folders []string
	for _, e := range All() {
		folder := dir
		if e.Name != Main {
			folder = filepath.Join(dir, e.Name)
		}
		if err := e.writeTo(folder); err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	return folders, nil
}

func (e Example) writeTo(folder string) (err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write example %s: %w", e.Name, err)
	}
	file, err := os.OpenFile(filepath.Join(folder, "plan.yaml"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write example %s: %w", e.Name, err)
	}
	if _, err = file.Write(e.Plan()); err == nil {
		err = file.Close()
	} else {
		_ = file.Close()
	}
	if err != nil {
		return fmt.Errorf("write example %s: %w", e.Name, err)
	}
	data, err := os.OpenFile(filepath.Join(folder, "data.csv"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write example %s: %w", e.Name, err)
	}
	if err = e.WriteData(data); err == nil {
		err = data.Close()
	} else {
		_ = data.Close()
	}
	if err != nil {
		return fmt.Errorf("write example %s: %w", e.Name, err)
	}
	return nil
}

// generator writes rows and draws numbers. Numbers are rounded before they
// are written, far above the last bits in which processors differ.
type generator struct {
	*rand.Rand
	buffered *bufio.Writer
	csv      *csv.Writer
}

func newGenerator(w io.Writer, name string) *generator {
	var seed [32]byte
	copy(seed[:], "funn example 9 "+name)
	buffered := bufio.NewWriter(w)
	return &generator{rand.New(rand.NewChaCha8(seed)), buffered, csv.NewWriter(buffered)}
}

func (g *generator) close() error {
	g.csv.Flush()
	if err := g.csv.Error(); err != nil {
		return fmt.Errorf("write example data: %w", err)
	}
	if err := g.buffered.Flush(); err != nil {
		return fmt.Errorf("write example data: %w", err)
	}
	return nil
}

// row writes values: text as it is, whole numbers, decimals with two digits,
// and nil for a missing value.
func (g *generator) row(values ...any) {
	record := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case string:
			record[i] = v
		case int:
			record[i] = strconv.Itoa(v)
		case float64:
			record[i] = strconv.FormatFloat(v, 'f', 2, 64)
		}
	}
	_ = g.csv.Write(record) // the error stays and is returned by close
}

// chance is 1 with probability p.
func (g *generator) chance(p float64) int {
	if g.Float64() < p {
		return 1
	}
	return 0
}

func (g *generator) person() (age int, sex string, months int) {
	age = 18 + g.IntN(43)
	sex = []string{"kvinne", "mann"}[g.IntN(2)]
	months = int(math.Floor(12 * g.ExpFloat64() / 2))
	return age, sex, min(months, 36)
}

func office(n int) string { return fmt.Sprintf("kontor %02d", n+1) }

func clusterData(g *generator) {
	g.row("kontor", "sms", "i_jobb", "sykefravaer", "alder", "kjonn", "maneder_ledig")
	const offices = 60
	treated := g.Perm(offices)
	for o := range offices {
		sms := treated[o] % 2
		level := 0.03 * g.NormFloat64()
		people := 25 + g.IntN(90)
		for range people {
			age, sex, months := g.person()
			p := 0.42 + level - 0.006*float64(months) - 0.002*float64(age-40) + 0.06*float64(sms)
			var sick any = max(0, 6+2*g.NormFloat64()+5*level)
			if g.chance(0.03) == 1 {
				sick = nil
			}
			g.row(office(o), sms, g.chance(p), sick, age, sex, months)
		}
	}
}

func individualData(g *generator) {
	g.row("kurs", "lonn", "alder", "kjonn", "lonn_for")
	for range 1200 {
		age, sex, _ := g.person()
		before := max(0, 28000+4000*g.NormFloat64()+150*float64(age-40))
		course := g.chance(0.5)
		after := 0.7*before + 9000 + 3000*float64(course) + 5000*g.NormFloat64()
		var answered any = max(0, after)
		if g.chance(0.08) == 1 {
			answered = nil
		}
		g.row(course, answered, age, sex, before)
	}
}

func blockedData(g *generator) {
	g.row("fylke", "tiltak", "i_jobb", "klaget", "alder")
	counties := []string{"A", "B", "C", "D", "E"}
	for c, county := range counties {
		n := 3 * (200 + 60*c)
		arms := make([]int, n)
		for i := range arms {
			arms[i] = i % 3
		}
		g.Shuffle(n, func(i, j int) { arms[i], arms[j] = arms[j], arms[i] })
		for _, arm := range arms {
			age, _, _ := g.person()
			p := 0.25 + 0.05*float64(c) + []float64{0, 0.02, 0.07}[arm]
			g.row("fylke "+county, []string{"vanlig", "brev", "samtale"}[arm], g.chance(p), g.chance(0.03+0.005*float64(arm)), age)
		}
	}
}

func pairsData(g *generator) {
	g.row("par", "kontor", "ny_metode", "dager_stonad")
	o := 0
	for pair := range 24 {
		level := 120 + 25*g.NormFloat64()
		first := g.IntN(2)
		for k := range 2 {
			treated := first ^ k
			own := 3 * g.NormFloat64()
			for range 40 + g.IntN(30) {
				g.row(fmt.Sprintf("par %02d", pair+1), office(o), treated, max(0, level+own-4*float64(treated)+20*g.NormFloat64()))
			}
			o++
		}
	}
}

func encouragementData(g *generator) {
	g.row("tilbud", "mentor", "i_jobb", "alder", "utdanning")
	for range 5000 {
		age, _, _ := g.person()
		schooling := 9 + g.IntN(9)
		offer := g.chance(0.5)
		// Those who would take it up anyway are the more eager.
		eager := g.Float64()
		mentor := 0
		if eager > 0.92 || offer == 1 && eager > 0.4 {
			mentor = 1
		}
		g.row(offer, mentor, g.chance(0.25+0.25*eager+0.01*float64(schooling-13)+0.10*float64(mentor)), age, schooling)
	}
}

func didData(g *generator) {
	g.row("kommune", "ny_regel", "etter", "dager_sykmeldt")
	for k := range 80 {
		changed := 0
		if k%2 == 1 {
			changed = 1
		}
		level := 40 + 6*float64(changed) + 5*g.NormFloat64()
		for after := range 2 {
			shock := 1.5 * g.NormFloat64()
			for range 30 {
				g.row(fmt.Sprintf("kommune %02d", k+1), changed, after, max(0, level+shock+3*float64(after)-5*float64(changed*after)+10*g.NormFloat64()))
			}
		}
	}
}

func eventData(g *generator) {
	g.row("kontor", "kvartal", "start", "andel_i_jobb")
	for o := range 60 {
		var start any
		first := 99
		if o%2 == 0 {
			start, first = 9, 9
		}
		level := 35 + 5*g.NormFloat64()
		for q := 1; q <= 16; q++ {
			effect := 0.0
			if q >= first {
				effect = float64(q - first + 1)
			}
			g.row(office(o), q, start, level+0.4*float64(q)+math.Sin(float64(q))+effect+2*g.NormFloat64())
		}
	}
}

func panelData(g *generator) {
	g.row("kontor", "maned", "ansatte", "saker", "dager_til_vedtak")
	for o := range 120 {
		level := 30 + 8*g.NormFloat64()
		staff := 12 + 0.15*(level-30) + 2*g.NormFloat64()
		for m := 1; m <= 24; m++ {
			staff += 0.5 * g.NormFloat64()
			cases := 80 + 15*g.NormFloat64()
			if g.chance(0.02) == 1 {
				continue // an office that did not report
			}
			g.row(office(o), m, staff, cases, level+0.1*cases-2*staff+3*math.Cos(float64(m)/4)+4*g.NormFloat64())
		}
	}
}

func observationalData(g *generator) {
	g.row("kurs", "i_jobb", "alder", "utdanning", "maneder_ledig", "motivert")
	for range 4000 {
		age, _, months := g.person()
		schooling := 9 + g.IntN(9)
		keen := g.chance(0.4)
		course := g.chance(0.15 + 0.35*float64(keen) + 0.01*float64(schooling-13))
		g.row(course, g.chance(0.30+0.2*float64(keen)+0.015*float64(schooling-13)-0.005*float64(months)), age, schooling, months, keen)
	}
}
