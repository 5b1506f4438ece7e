package jobs

import "container/list"

// queue is the jobs that wait, the oldest first.
type queue struct{ jobs list.List }

func (q *queue) push(j *Job) *list.Element { return q.jobs.PushBack(j) }

func (q *queue) len() int { return q.jobs.Len() }

// pop takes the oldest out; there is one.
func (q *queue) pop() *Job {
	j := q.jobs.Front().Value.(*Job)
	q.remove(j)
	return j
}

// remove takes a job out, and reports whether it was there.
func (q *queue) remove(j *Job) bool {
	if j.place == nil {
		return false
	}
	q.jobs.Remove(j.place)
	j.place = nil
	return true
}
