// Answers for each line {"schedule", "zone", "after"} the next five runs of robfig/cron v3, which is what the CronJob
// controller of Kubernetes asks (cron.ParseStandard and Next on a time in the zone).
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"

	"github.com/robfig/cron/v3"
)

type row struct {
	Schedule string   `json:"schedule"`
	Zone     string   `json:"zone"`
	After    string   `json:"after"`
	Next     []string `json:"next"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r row
		check(json.Unmarshal(lines.Bytes(), &r))
		zone, err := time.LoadLocation(r.Zone)
		check(err)
		schedule, err := cron.ParseStandard(r.Schedule)
		check(err)
		at, err := time.Parse(time.RFC3339, r.After)
		check(err)
		at = at.In(zone)
		r.Next = []string{}
		for i := 0; i < 5; i++ {
			at = schedule.Next(at)
			if at.IsZero() {
				break
			}
			r.Next = append(r.Next, at.UTC().Format(time.RFC3339))
		}
		check(out.Encode(r))
	}
	check(lines.Err())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
