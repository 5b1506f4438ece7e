package testcluster

// Readdress gives every node another host, and so another address, and tells all where the
// others are to be met now. The nodes must not be running; nobody listens at the old
// addresses any more.
func (c *Cluster) Readdress() {
	c.Helper()
	var seeds []string
	for i, m := range c.members {
		if m.node.Load() != nil {
			c.Fatalf("node %d runs", i)
		}
		c.moved++
		m.host = c.Net.Host(uint16(1000 + c.moved))
		m.config.Network, m.config.Bind, m.config.Advertise = m.host, address(m.host), ""
		seeds = append(seeds, address(m.host))
	}
	for _, m := range c.members {
		m.config.Join = seeds
	}
}
