package workload

import (
	"fmt"
	"math"
	"strings"
	"time"

	"roster"
	"roster/loadgen"
)

// Profile is a kind of load.
type Profile struct {
	Name  string
	Brief string // one line: what it does

	agents, sessions int
	rate             float64 // operations a second; of a spike before it, of a day at its peak
	warmup, duration time.Duration
	mix              []Share
	skew             int // exponent of Zipf's law for keys; 0: all alike
	shape            func(p plan) loadgen.Schedule
}

// The mixes. Those of users are what source users of a registry do: 80 % look-ups,
// 15 % finds, 5 % updates.
var (
	usersMix = []Share{{"lookup", 80}, {"find", 15}, {"update", 5}}
	soakMix  = []Share{{"lookup", 60}, {"find", 10}, {"update", 20}, {"churn", 10}}
	chaosMix = []Share{{"lookup", 20}, {"read", 20}, {"update", 40}, {"register", 10}, {"churn", 10}}
)

// burstSizes are the bursts, in turn.
var burstSizes = []int{25, 50, 75, 100}

// burstEvery is how often a burst comes.
const burstEvery = 250 * time.Millisecond

// profiles is the table.
var profiles = []Profile{
	{Name: "burst", Brief: "bursts of 25, 50, 75 and 100 look-ups at once, four times a second",
		agents: 10_000, rate: 250, warmup: 2 * time.Second, duration: 20 * time.Second, shape: plan.bursts},
	{Name: "steady", Brief: "a constant rate of look-ups, finds and updates (80/15/5)",
		agents: 10_000, rate: 500, warmup: 3 * time.Second, duration: 20 * time.Second, mix: usersMix, shape: plan.steady},
	{Name: "ramp", Brief: "a rate that rises until p99 or errors go beyond a bound: the breaking point",
		agents: 10_000, rate: 250, warmup: time.Second, duration: 3 * time.Second, mix: usersMix, shape: plan.steady},
	{Name: "spike", Brief: "ten times the rate for a fifth of the time; how soon it is over",
		agents: 10_000, rate: 200, warmup: 2 * time.Second, duration: 20 * time.Second, mix: usersMix, shape: plan.spike},
	{Name: "zipf", Brief: "keys after Zipf's law with exponent 1: a few agents are asked for by most",
		agents: 10_000, rate: 500, warmup: 3 * time.Second, duration: 20 * time.Second, mix: []Share{{"lookup", 90}, {"update", 10}}, skew: 1, shape: plan.steady},
	{Name: "churn", Brief: "agents come and go: each operation registers one and deregisters it",
		agents: 1000, rate: 100, warmup: 2 * time.Second, duration: 20 * time.Second, mix: []Share{{"churn", 1}}, shape: plan.steady},
	{Name: "diurnal", Brief: "a day in a minute, with peaks before noon and after",
		agents: 10_000, rate: 500, warmup: 0, duration: time.Minute, mix: usersMix, shape: plan.day},
	{Name: "soak", Brief: "a long steady load with churn: growth for each operation, drift an hour",
		agents: 10_000, rate: 200, warmup: 10 * time.Second, duration: 10 * time.Minute, mix: soakMix, shape: plan.steady},
	{Name: "chaos", Brief: "writes and reads of a cluster that somebody breaks meanwhile: the longest pause of any shard",
		agents: 1000, sessions: 20, rate: 200, warmup: 3 * time.Second, duration: time.Minute, mix: chaosMix, shape: plan.steady},
	users("light", 10, 50), users("medium", 30, 200), users("heavy", 50, 500), users("stress", 100, 1000),
}

// users is so many users, each with one request a second, while so many agents hold
// sessions.
func users(name string, agents, count int) Profile {
	return Profile{Name: name, agents: agents, sessions: agents, rate: float64(count), mix: usersMix, warmup: 3 * time.Second, duration: 30 * time.Second,
		Brief: fmt.Sprintf("%d users with one request a second (80/15/5), %d agents that hold sessions", count, agents), shape: plan.poisson}
}

// Profiles returns every profile.
func Profiles() []Profile { return append([]Profile{}, profiles...) }

// Names returns the names of the profiles.
func Names() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return names
}

func profileOf(name string) (Profile, error) {
	for _, p := range profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, roster.Invalid("profile", "%q is no profile: want one of %s", name, strings.Join(Names(), ", "))
}

// plan is a profile with everything that the configuration says of it.
type plan struct {
	Profile
	Config
	population  int
	perSecond   float64
	outstanding int
	warmFor     time.Duration
	countFor    time.Duration
}

// planOf joins a profile with what the configuration says.
func planOf(c Config) (plan, error) {
	p, err := profileOf(c.Profile)
	if err != nil {
		return plan{}, err
	}
	c = c.withDefaults()
	out := plan{Profile: p, Config: c, warmFor: p.warmup, countFor: p.duration, perSecond: p.rate * c.Scale}
	out.population = scaled(p.agents, c.Scale, AgentsMax)
	out.sessions = scaled(p.sessions, c.Scale, SessionsMax)
	if c.Agents > 0 {
		out.population = c.Agents
		out.sessions = min(out.sessions, c.Agents)
	}
	if c.Rate > 0 {
		out.perSecond = c.Rate
	}
	if c.Duration > 0 {
		out.countFor = c.Duration
	} else if c.Operations > 0 {
		out.countFor = DurationMax
	}
	if c.Warmup != nil {
		out.warmFor = *c.Warmup
	}
	if len(c.Mix) > 0 {
		out.mix = c.Mix
	}
	out.outstanding = c.Outstanding
	if out.outstanding == 0 {
		out.outstanding = int(min(max(4*out.perSecond*out.crest(), 512), loadgen.WorkersMax))
	}
	return out, nil
}

// crest is how many times its rate a profile reaches at most.
func (p plan) crest() float64 {
	if p.Name == "spike" {
		return spikeTimes
	}
	return 1
}

// scaled multiplies a count, up to a bound.
func scaled(n int, by float64, most int) int {
	if n == 0 {
		return 0
	}
	return min(max(int(math.Round(float64(n)*by)), 1), most)
}
