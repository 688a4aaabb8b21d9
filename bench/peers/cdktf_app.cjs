// CDKTF in JavaScript: 53 resources of the kinds that an environment has. argv: output folder.
'use strict';

const { App, TerraformOutput, TerraformStack } = require('cdktf');
const aws = (name) => require(`@cdktf/provider-aws/lib/${name}`); // each by itself, as its documentation advises

const app = new App({ outdir: process.argv[2] });
const stack = new TerraformStack(app, 'bench');
const tags = (name) => ({ Name: `miyabi-${name}`, Environment: 'bench' });
const anywhere = '0.0.0.0/0';

new (aws('provider').AwsProvider)(stack, 'aws', { region: 'us-west-2' });
const vpc = new (aws('vpc').Vpc)(stack, 'vpc', { cidrBlock: '10.0.0.0/16', enableDnsHostnames: true, tags: tags('vpc') });
const gateway = new (aws('internet-gateway').InternetGateway)(stack, 'gateway', { vpcId: vpc.id, tags: tags('igw') });
const { RouteTable } = aws('route-table');
const { Route } = aws('route');
const { RouteTableAssociation } = aws('route-table-association');
const { Subnet } = aws('subnet');
const publicTable = new RouteTable(stack, 'public', { vpcId: vpc.id, tags: tags('public-rt') });
new Route(stack, 'public-route', { routeTableId: publicTable.id, destinationCidrBlock: anywhere, gatewayId: gateway.id });
const publicIds = [];
const privateIds = [];
['us-west-2a', 'us-west-2b'].forEach((availabilityZone, i) => {
  const open = new Subnet(stack, `public-${i}`, {
    vpcId: vpc.id, availabilityZone, cidrBlock: `10.0.${i + 1}.0/24`, mapPublicIpOnLaunch: true, tags: tags(`public-${i}`),
  });
  publicIds.push(open.id);
  new RouteTableAssociation(stack, `public-association-${i}`, { subnetId: open.id, routeTableId: publicTable.id });
  const eip = new (aws('eip').Eip)(stack, `eip-${i}`, { domain: 'vpc', tags: tags(`eip-${i}`) });
  const nat = new (aws('nat-gateway').NatGateway)(stack, `nat-${i}`, {
    subnetId: open.id, allocationId: eip.id, tags: tags(`nat-${i}`), dependsOn: [gateway],
  });
  const inner = new Subnet(stack, `private-${i}`, {
    vpcId: vpc.id, availabilityZone, cidrBlock: `10.0.${i + 11}.0/24`, tags: tags(`private-${i}`),
  });
  privateIds.push(inner.id);
  const table = new RouteTable(stack, `private-table-${i}`, { vpcId: vpc.id, tags: tags(`private-rt-${i}`) });
  new Route(stack, `private-route-${i}`, { routeTableId: table.id, destinationCidrBlock: anywhere, natGatewayId: nat.id });
  new RouteTableAssociation(stack, `private-association-${i}`, { subnetId: inner.id, routeTableId: table.id });
});

const groups = {};
for (const [name, port, source] of [['alb', 80], ['ecs', 8080, 'alb'], ['rds', 5432, 'ecs'], ['redis', 6379, 'ecs']]) {
  groups[name] = new (aws('security-group').SecurityGroup)(stack, `${name}-sg`, {
    name: `miyabi-${name}`, vpcId: vpc.id, tags: tags(`${name}-sg`),
    ingress: [{
      protocol: 'tcp', fromPort: port, toPort: port,
      ...(source ? { securityGroups: [groups[source].id] } : { cidrBlocks: [anywhere] }),
    }],
    egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: [anywhere] }],
  });
}

const policy = (Action, more) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, ...more }] });
const { IamRole } = aws('iam-role');
const trust = policy('sts:AssumeRole', { Principal: { Service: 'ecs-tasks.amazonaws.com' } });
const execution = new IamRole(stack, 'execution', { name: 'execution', assumeRolePolicy: trust, tags: tags('execution') });
const task = new IamRole(stack, 'task', { name: 'task', assumeRolePolicy: trust, tags: tags('task') });
new (aws('iam-role-policy-attachment').IamRolePolicyAttachment)(stack, 'managed', {
  role: execution.name, policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
});
for (const [name, role, action] of [['ecr', execution, 'ecr:BatchGetImage'], ['app', task, 's3:GetObject']]) {
  new (aws('iam-role-policy').IamRolePolicy)(stack, `policy-${name}`, { name, role: role.id, policy: policy(action, { Resource: '*' }) });
}

const balancer = new (aws('lb').Lb)(stack, 'alb', {
  name: 'miyabi-alb', loadBalancerType: 'application', subnets: publicIds, securityGroups: [groups.alb.id], tags: tags('alb'),
});
const target = new (aws('lb-target-group').LbTargetGroup)(stack, 'target', {
  name: 'miyabi-tg', port: 8080, protocol: 'HTTP', targetType: 'ip', vpcId: vpc.id, tags: tags('tg'),
  healthCheck: { path: '/health', interval: 30, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 3, matcher: '200' },
});
for (const port of [80, 443]) {
  new (aws('lb-listener').LbListener)(stack, `listener-${port}`, {
    loadBalancerArn: balancer.arn, port, protocol: 'HTTP', tags: tags(`listener-${port}`),
    defaultAction: [{ type: 'forward', targetGroupArn: target.arn }],
  });
}

const cluster = new (aws('ecs-cluster').EcsCluster)(stack, 'cluster', {
  name: 'miyabi', setting: [{ name: 'containerInsights', value: 'enabled' }], tags: tags('cluster'),
});
new (aws('ecs-cluster-capacity-providers').EcsClusterCapacityProviders)(stack, 'capacity', {
  clusterName: cluster.name, capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
  defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', base: 1, weight: 100 }],
});
const logs = new (aws('cloudwatch-log-group').CloudwatchLogGroup)(stack, 'logs', {
  name: '/ecs/miyabi', retentionInDays: 7, tags: tags('logs'),
});
const definition = new (aws('ecs-task-definition').EcsTaskDefinition)(stack, 'definition', {
  family: 'miyabi', cpu: '512', memory: '1024', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'],
  executionRoleArn: execution.arn, taskRoleArn: task.arn, tags: tags('definition'),
  containerDefinitions: JSON.stringify([{
    name: 'app', image: 'example.com/app:1', portMappings: [{ containerPort: 8080 }],
    environment: [{ name: 'LOG_LEVEL', value: 'info' }],
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': logs.name, 'awslogs-region': 'us-west-2' } },
  }]),
});
const service = new (aws('ecs-service').EcsService)(stack, 'service', {
  name: 'miyabi', cluster: cluster.id, taskDefinition: definition.arn, desiredCount: 2, launchType: 'FARGATE', tags: tags('service'),
  networkConfiguration: { subnets: privateIds, securityGroups: [groups.ecs.id] },
  loadBalancer: [{ targetGroupArn: target.arn, containerName: 'app', containerPort: 8080 }],
});
const scalable = new (aws('appautoscaling-target').AppautoscalingTarget)(stack, 'scalable', {
  minCapacity: 2, maxCapacity: 4, resourceId: `service/${cluster.name}/${service.name}`,
  scalableDimension: 'ecs:service:DesiredCount', serviceNamespace: 'ecs',
});
for (const predefinedMetricType of [
  'ECSServiceAverageCPUUtilization', 'ECSServiceAverageMemoryUtilization', 'ALBRequestCountPerTarget',
]) {
  new (aws('appautoscaling-policy').AppautoscalingPolicy)(stack, predefinedMetricType, {
    name: predefinedMetricType, policyType: 'TargetTrackingScaling', resourceId: scalable.resourceId,
    scalableDimension: scalable.scalableDimension, serviceNamespace: scalable.serviceNamespace,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: 70, scaleInCooldown: 300, scaleOutCooldown: 60, predefinedMetricSpecification: { predefinedMetricType },
    },
  });
}

const subnets = new (aws('elasticache-subnet-group').ElasticacheSubnetGroup)(stack, 'cache-subnets', {
  name: 'miyabi', subnetIds: privateIds,
});
const parameters = new (aws('elasticache-parameter-group').ElasticacheParameterGroup)(stack, 'cache-parameters', {
  name: 'miyabi', family: 'redis7',
  parameter: [{ name: 'maxmemory-policy', value: 'allkeys-lru' }, { name: 'timeout', value: '300' }],
});
new (aws('elasticache-cluster').ElasticacheCluster)(stack, 'cache', {
  clusterId: 'miyabi', engine: 'redis', nodeType: 'cache.t3.micro', numCacheNodes: 1, subnetGroupName: subnets.name,
  parameterGroupName: parameters.name, securityGroupIds: [groups.redis.id], tags: tags('cache'),
});

for (const [namespace, metricName, threshold] of [
  ['AWS/ApplicationELB', 'TargetResponseTime', 1], ['AWS/ApplicationELB', 'UnHealthyHostCount', 0],
  ['AWS/ECS', 'CPUUtilization', 70], ['AWS/ECS', 'MemoryUtilization', 80],
  ['ECS/ContainerInsights', 'RunningTaskCount', 2], ['AWS/ElastiCache', 'CPUUtilization', 75],
  ['AWS/ElastiCache', 'FreeableMemory', 100000000], ['AWS/ElastiCache', 'Evictions', 1000],
]) {
  const alarmName = `${namespace.split('/')[1]}-${metricName}`;
  new (aws('cloudwatch-metric-alarm').CloudwatchMetricAlarm)(stack, alarmName, {
    alarmName, namespace, metricName, threshold, comparisonOperator: 'GreaterThanThreshold', statistic: 'Average',
    period: 300, evaluationPeriods: 2, dimensions: { ClusterName: cluster.name }, tags: tags(alarmName),
  });
}
new TerraformOutput(stack, 'alb_dns_name', { value: balancer.dnsName });
app.synth();
