package call

import (
	"context"
	"slices"
	"strings"

	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Stages are both, in their order; each has a form.
var Stages = []string{Stage1, Stage2}

// The kinds of question.
const (
	Line   = "line"   // a line of text
	Long   = "text"   // several lines
	Whole  = "number" // a whole number
	Pick   = "choice" // one of the question's options
	Attach = "file"   // one attachment or more
)

// QuestionKinds are the kinds of question.
var QuestionKinds = []string{Line, Long, Whole, Pick, Attach}

// MostQuestions is how many questions a part has at most: a page that can be
// overlooked.
const MostQuestions = 6

// mostLimit is the largest number of characters that a question can take.
const mostLimit = 20000

// Words are a text by language tag: both language forms, and perhaps English.
type Words map[string]string

// In gives the text in the language, or else in bokmål, and the language it is in.
func (w Words) In(tag lang.Tag) (string, lang.Tag) {
	if w[string(tag)] == "" {
		tag = lang.NB
	}
	return w[string(tag)], tag
}

// Part is a page of a form with questions that belong together.
type Part struct {
	ID        string     `json:"id"` // unique within the call
	Stage     string     `json:"stage"`
	Names     Words      `json:"names"`
	Questions []Question `json:"questions"`
}

// Question is what a call asks beyond what every call does. One of the application
// with the same id as one of the sketch is answered beforehand with what the sketch
// said.
type Question struct {
	ID       string  `json:"id"` // unique within the stage
	Kind     string  `json:"kind"`
	Labels   Words   `json:"labels"`
	Helps    Words   `json:"helps,omitempty"`
	Limit    int     `json:"limit,omitempty"` // characters, of text
	Required bool    `json:"required,omitempty"`
	Options  []Words `json:"options,omitempty"` // of a choice; the answer is the number of one, from 1
}

// Parts gives the call's own parts of a stage's form in their order.
func (c *Call) Parts(stage string) []Part {
	var out []Part
	for _, p := range c.form() {
		if p.Stage == stage {
			out = append(out, p)
		}
	}
	return out
}

// form gives all parts. A call from before forms were set up has the standard ones.
func (c *Call) form() []Part {
	if c.Form.V == nil {
		return StandardForm()
	}
	return c.Form.V
}

// ownForm gives a copy of the parts that can be changed.
func (c *Call) ownForm() []Part {
	out := slices.Clone(c.form())
	for i := range out {
		out[i].Questions = slices.Clone(out[i].Questions)
	}
	return out
}

// The choices of a form that makes something new.
const (
	NewQuestion = "new"
	newPart     = "new-" // before the stage
)

func questionKey(stage, id string) string { return stage + "." + id }

// find gives the places of a question in a form by its key, STAGE.ID.
func find(parts []Part, key string) (part, question int) {
	stage, id, _ := strings.Cut(key, ".")
	for i, p := range parts {
		if p.Stage != stage {
			continue
		}
		for j, q := range p.Questions {
			if q.ID == id {
				return i, j
			}
		}
	}
	return -1, -1
}

// QuestionOf gives a question of the call by its key, STAGE.ID, and its part.
func (c *Call) QuestionOf(key string) (Part, Question, bool) {
	parts := c.form()
	i, j := find(parts, key)
	if i < 0 {
		return Part{}, Question{}, false
	}
	return parts[i], parts[i].Questions[j], true
}

func partLabel(ctx context.Context, p Part) string {
	name, _ := p.Names.In(lang.From(ctx).Tag())
	return lang.T(ctx, "call.stage_of."+p.Stage) + ": " + name
}

func parts(ctx context.Context, rec any) ([]form.Option, error) {
	c, ok := rec.(*Call)
	if !ok || c == nil {
		return nil, nil
	}
	var out []form.Option
	for _, p := range c.form() {
		out = append(out, form.Option{Value: p.ID, Label: partLabel(ctx, p)})
	}
	return out, nil
}

func questions(ctx context.Context, rec any) ([]form.Option, error) {
	c, ok := rec.(*Call)
	if !ok || c == nil {
		return nil, nil
	}
	var out []form.Option
	for _, p := range c.form() {
		for _, q := range p.Questions {
			label, _ := q.Labels.In(lang.From(ctx).Tag())
			out = append(out, form.Option{Value: questionKey(p.Stage, q.ID), Label: partLabel(ctx, p) + ": " + label})
		}
	}
	return out, nil
}

// places are where a question can be moved: first in a part, or after another.
func places(ctx context.Context, rec any) ([]form.Option, error) {
	c, ok := rec.(*Call)
	if !ok || c == nil {
		return nil, nil
	}
	var out []form.Option
	for _, p := range c.form() {
		out = append(out, form.Option{Value: p.ID, Label: lang.T(ctx, "call.first_in", "part", partLabel(ctx, p))})
		for _, q := range p.Questions {
			label, _ := q.Labels.In(lang.From(ctx).Tag())
			out = append(out, form.Option{Value: questionKey(p.Stage, q.ID), Label: lang.T(ctx, "call.after_question", "part", partLabel(ctx, p), "question", label)})
		}
	}
	return out, nil
}

// words are the fields of a text in all languages.
func words(name string, kind form.Type, required bool, limit int) []form.Field {
	return []form.Field{
		{Name: name + "_nb", Type: kind, Required: required, Max: limit},
		{Name: name + "_nn", Type: kind, Required: required, Max: limit},
		{Name: name + "_en", Type: kind, Max: limit},
	}
}

func wordsIn(in form.Values, name string) Words {
	w := Words{}
	for _, tag := range lang.Tags {
		if text := in.String(name + "_" + string(tag)); text != "" {
			w[string(tag)] = text
		}
	}
	return w
}

func setPart(_ context.Context, c *record.Change[*Call]) error {
	list := c.Rec.ownForm()
	chosen := c.In.String("part")
	if stage, ok := strings.CutPrefix(chosen, newPart); ok {
		list = append(list, Part{ID: freeID("p", func(id string) bool {
			return slices.ContainsFunc(list, func(p Part) bool { return p.ID == id })
		}), Stage: stage, Names: wordsIn(c.In, "name")})
	} else {
		i := slices.IndexFunc(list, func(p Part) bool { return p.ID == chosen })
		list[i].Names = wordsIn(c.In, "name") // the form knows only parts that exist
	}
	changed(c.Rec)
	c.Rec.Form.V = list
	return nil
}

func removePart(_ context.Context, c *record.Change[*Call]) error {
	changed(c.Rec)
	c.Rec.Form.V = slices.DeleteFunc(c.Rec.ownForm(), func(p Part) bool { return p.ID == c.In.String("part") })
	return nil
}

// freeID gives the first of PREFIX1, PREFIX2 … that is not taken.
func freeID(prefix string, taken func(string) bool) string {
	for n := 1; ; n++ {
		if id := prefix + itoa(n); !taken(id) {
			return id
		}
	}
}

func setQuestion(_ context.Context, c *record.Change[*Call]) error {
	in, list := c.In, c.Rec.ownForm()
	q := Question{Kind: in.String("question_kind"), Labels: wordsIn(in, "label"), Helps: wordsIn(in, "help"), Limit: in.Int("limit"), Required: in.Bool("required")}
	switch q.Kind {
	case Line, Long:
		if q.Limit == 0 {
			return wrong("limit", "call.limit_missing")
		}
		if q.Limit > mostLimit {
			return wrong("limit", "call.limit_most", "max", mostLimit)
		}
	default:
		q.Limit = 0
	}
	if q.Kind == Pick {
		var err error
		if q.Options, err = options(in); err != nil {
			return err
		}
	}
	to := slices.IndexFunc(list, func(p Part) bool { return p.ID == in.String("part") }) // the form knows only parts that exist
	key := in.String("question")
	from, at := find(list, key)
	if from != to && len(list[to].Questions) >= MostQuestions {
		return wrong("part", "call.part_full", "max", MostQuestions)
	}
	switch {
	case from == to:
		q.ID = list[from].Questions[at].ID
		list[to].Questions[at] = q
	case from >= 0 && list[from].Stage == list[to].Stage:
		q.ID = list[from].Questions[at].ID
		list[from].Questions = slices.Delete(list[from].Questions, at, at+1)
		list[to].Questions = append(list[to].Questions, q)
	case from >= 0:
		return wrong("part", "call.other_stage")
	default:
		q.ID = freeID("q", func(id string) bool {
			return slices.ContainsFunc(Stages, func(stage string) bool { i, _ := find(list, questionKey(stage, id)); return i >= 0 })
		})
		list[to].Questions = append(list[to].Questions, q)
	}
	changed(c.Rec)
	c.Rec.Form.V = list
	return nil
}

// options reads the answers of a choice: one a line, as many in each language.
func options(in form.Values) ([]Words, error) {
	lines := func(tag lang.Tag) []string {
		var out []string
		for line := range strings.SplitSeq(in.String("options_"+string(tag)), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return out
	}
	nb := lines(lang.NB)
	if len(nb) < 2 {
		return nil, wrong("options_nb", "call.options_few")
	}
	out := make([]Words, len(nb))
	for i := range out {
		out[i] = Words{}
	}
	for _, tag := range lang.Tags {
		list := lines(tag)
		if len(list) != len(nb) && (tag != lang.EN || len(list) > 0) {
			return nil, wrong("options_"+string(tag), "call.options_count", "n", len(nb))
		}
		for i, text := range list {
			out[i][string(tag)] = text
		}
	}
	return out, nil
}

func moveQuestion(_ context.Context, c *record.Change[*Call]) error {
	list, key, place := c.Rec.ownForm(), c.In.String("question"), c.In.String("place")
	if key == place {
		return wrong("place", "call.same_place")
	}
	from, at := find(list, key)
	q, stage := list[from].Questions[at], list[from].Stage
	list[from].Questions = slices.Delete(list[from].Questions, at, at+1)
	to, after := find(list, place)
	if to < 0 {
		to = slices.IndexFunc(list, func(p Part) bool { return p.ID == place })
	}
	switch {
	case list[to].Stage != stage:
		return wrong("place", "call.other_stage")
	case len(list[to].Questions) >= MostQuestions:
		return wrong("place", "call.part_full", "max", MostQuestions)
	}
	list[to].Questions = slices.Insert(list[to].Questions, after+1, q)
	changed(c.Rec)
	c.Rec.Form.V = list
	return nil
}

func removeQuestion(_ context.Context, c *record.Change[*Call]) error {
	list := c.Rec.ownForm()
	i, j := find(list, c.In.String("question"))
	list[i].Questions = slices.Delete(list[i].Questions, j, j+1)
	changed(c.Rec)
	c.Rec.Form.V = list
	return nil
}

// StandardForm is what a new call begins with. The sketch is to be written in less
// than twenty minutes by somebody who has the idea ready (C2); the application has
// its questions with what it said, and more (FP §5.2, §6).
func StandardForm() []Part {
	text := func(id string, limit int, required bool, nb, nn, en string) Question {
		return Question{ID: id, Kind: Long, Limit: limit, Required: required, Labels: Words{"nb": nb, "nn": nn, "en": en}}
	}
	help := func(q Question, nb, nn, en string) Question {
		q.Helps = Words{"nb": nb, "nn": nn, "en": en}
		return q
	}
	file := func(id string, required bool, nb, nn, en string) Question {
		return Question{ID: id, Kind: Attach, Required: required, Labels: Words{"nb": nb, "nn": nn, "en": en}}
	}
	summary := func(limit int) Question {
		return help(text("summary", limit, true, "Sammendrag", "Samandrag", "Summary"),
			"Skriv slik at de som ikke kan faget, forstår det. Får prosjektet penger, kan alle lese sammendraget.",
			"Skriv slik at dei som ikkje kan faget, forstår det. Får prosjektet pengar, kan alle lese samandraget.",
			"Write so that people outside the field understand it. If the project is funded, everybody can read the summary.")
	}
	need := func(limit int) Question {
		return help(text("relevance", limit, true, "Kunnskapsbehov og nytte for Nav", "Kunnskapsbehov og nytte for Nav", "Knowledge need and use to Nav"),
			"Hva vet vi ikke, og hva kan Nav gjøre annerledes når vi vet det?", "Kva veit vi ikkje, og kva kan Nav gjere annleis når vi veit det?", "What is not known, and what can Nav do differently once it is?")
	}
	ask := func(limit int) Question {
		return text("questions", limit, true, "Forskningsspørsmål", "Forskingsspørsmål", "Research questions")
	}
	methods := func(limit int) Question {
		return help(text("methods", limit, true, "Opplegg og metode", "Opplegg og metode", "Design and methods"),
			"Si hvorfor opplegget kan gi svar på spørsmålene.", "Sei kvifor opplegget kan gi svar på spørsmåla.", "Say why the design can answer the questions.")
	}
	use := func(limit int) Question {
		return text("use", limit, true, "Plan for bruk og formidling", "Plan for bruk og formidling", "Plan for use and dissemination")
	}
	part := func(stage, id, nb, nn, en string, q ...Question) Part {
		return Part{ID: id, Stage: stage, Names: Words{"nb": nb, "nn": nn, "en": en}, Questions: q}
	}
	const s, a = Stage1, Stage2
	return []Part{
		part(s, "ide", "Idé og nytte", "Idé og nytte", "Idea and use", summary(1500), need(2000)),
		part(s, "opplegg", "Spørsmål og opplegg", "Spørsmål og opplegg", "Questions and design", ask(1500), methods(2500), use(1000)),
		part(a, "nytte", "Idé og nytte", "Idé og nytte", "Idea and use", summary(2000), need(4000), use(3000)),
		part(a, "forskning", "Forskning", "Forsking", "Research",
			text("knowledge", 4000, true, "Kunnskapsstatus", "Kunnskapsstatus", "State of knowledge"), ask(3000), methods(8000),
			help(text("involvement", 2000, true, "Brukermedvirkning", "Brukarmedverknad", "User involvement"),
				"Hvordan er de det gjelder, med i prosjektet?", "Korleis er dei det gjeld, med i prosjektet?", "How do those concerned take part in the project?")),
		part(a, "data", "Data og etikk", "Data og etikk", "Data and ethics",
			help(text("data", 3000, true, "Behov for data", "Behov for data", "Data needs"),
				"Registre, egen innsamling ved Nav-kontor, og hvor mye tid det tar for kontorene.", "Register, eiga innsamling ved Nav-kontor, og kor mykje tid det tek for kontora.", "Registers, own collection at Nav offices, and how much of the offices' time it takes."),
			help(text("ethics", 2000, true, "Etikk og personvern", "Etikk og personvern", "Ethics and privacy"),
				"Trenger prosjektet vurdering av personvernkonsekvenser, godkjenning fra REK eller fritak fra taushetsplikten?", "Treng prosjektet vurdering av personvernkonsekvensar, godkjenning frå REK eller fritak frå teieplikta?", "Does the project need a data protection impact assessment, approval by an ethics committee or exemption from confidentiality?"),
			text("data_plan", 2000, true, "Hvordan dataene tas vare på og deles", "Korleis dataa blir tekne vare på og delte", "How the data are kept and shared")),
		part(a, "gjennomforing", "Gjennomføring", "Gjennomføring", "Implementation",
			help(text("work", 5000, true, "Arbeidspakker og milepæler", "Arbeidspakker og milepålar", "Work packages and milestones"),
				"Skriv hvem som gjør hva, og når det er ferdig.", "Skriv kven som gjer kva, og når det er ferdig.", "Write who does what, and when it is done."),
			text("risk", 1500, false, "Hva som kan gå galt, og hva dere gjør da", "Kva som kan gå gale, og kva de gjer då", "What may go wrong, and what you do then"),
			help(text("track", 3000, true, "Hvem dere er", "Kven de er", "Who you are"),
				"Beskriv inntil fem arbeider av hva slag som helst, og hvorfor de betyr noe.", "Beskriv inntil fem arbeid av kva slag som helst, og kvifor dei betyr noko.", "Describe up to five outputs of any kind, and why they matter."),
			text("others", 1000, false, "Andre søknader om penger til det samme", "Andre søknader om pengar til det same", "Other applications for money for the same"),
			text("interests", 1000, false, "Bindinger som kan ha noe å si", "Bindingar som kan ha noko å seie", "Interests that may matter")),
		part(a, "vedlegg", "Vedlegg", "Vedlegg", "Attachments",
			file("description", false, "Prosjektbeskrivelse", "Prosjektbeskriving", "Project description"),
			file("signature", true, "Underskrift fra institusjonen", "Underskrift frå institusjonen", "Signature by the institution")),
	}
}
